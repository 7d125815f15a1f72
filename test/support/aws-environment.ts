import { Aws, type AwsAccess, readAwsAccess } from "../../provider/src/settings/reach";
import { awsEnvironment } from "../../sandbox/aws/find-provider";
import { useVariables } from "./environment";

export const region = "eu-west-1";

/** Makes a suite's AWS clients use an endpoint, which the suite has started before. */
export function useAwsEnvironment(endpointUrl: () => string): void {
  useVariables(() => awsEnvironment({ endpointUrl: endpointUrl(), region }));
}

/** Returns access to AWS as in a test's environment. */
export function awsHere(rest: Partial<AwsAccess> = {}): Aws {
  return new Aws({ ...readAwsAccess(process.env), ...rest });
}
