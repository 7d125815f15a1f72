import { Aws, type AwsAccess, readAwsAccess } from "../../provider/src/settings/reach";
import { awsEnvironment } from "../../sandbox/aws/find-provider";
import { useVariables } from "./environment";

export const region = "eu-west-1";

/** Lets the AWS clients of a suite speak to an endpoint, which the suite has started before. */
export function useAwsEnvironment(endpointUrl: () => string): void {
  useVariables(() => awsEnvironment({ endpointUrl: endpointUrl(), region }));
}

/** Reaches AWS as the environment of a test says. */
export function awsHere(rest: Partial<AwsAccess> = {}): Aws {
  return new Aws({ ...readAwsAccess(process.env), ...rest });
}
