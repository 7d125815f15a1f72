import { awsEnvironment } from "../../sandbox/aws/find-provider";

export const region = "eu-west-1";

/** Lets the AWS clients of a suite speak to an endpoint, which the suite has started before. */
export function useAwsEnvironment(endpointUrl: () => string): void {
  let before: NodeJS.ProcessEnv = {};
  beforeEach(() => {
    const aws = awsEnvironment({ endpointUrl: endpointUrl(), region });
    before = Object.fromEntries(Object.keys(aws).map((name) => [name, process.env[name]]));
    Object.assign(process.env, aws);
  });
  afterEach(() => {
    for (const [name, value] of Object.entries(before)) {
      if (value === undefined) Reflect.deleteProperty(process.env, name);
      else process.env[name] = value;
    }
  });
}
