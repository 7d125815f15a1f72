import { readAwsAccess } from "../aws/access";
import { Aws } from "../aws/aws";
import { type Proxies, readProxies } from "../client/proxies";
import type { EnvironmentVariables } from "./own-process";

export { type AwsAccess, type AwsService, readAwsAccess } from "../aws/access";
export { Aws } from "../aws/aws";
export { Proxies, readProxies } from "../client/proxies";

/** How a run reaches what is not on this machine: it is read once, and handed to whatever sends something. */
export interface Reach {
  /** By which proxies requests to the vendor leave. */
  proxies: Proxies;
  /** How AWS is reached. */
  aws: Aws;
}

/**
 * Reads how a run reaches the vendor and AWS.
 *
 * @param environment the environment of this run
 * @param aws gives the value of a key of the namespace `aws` of the stack's configuration; default: there are none
 * @throws TenantManagementError `INPUT_INVALID` where a proxy is none
 */
export function readReach(
  environment: EnvironmentVariables,
  aws: (key: string) => string | undefined = () => undefined,
): Reach {
  return { proxies: readProxies(environment), aws: new Aws(readAwsAccess(environment, aws)) };
}
