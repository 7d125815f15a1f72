import { readAwsAccess } from "../aws/access";
import { Aws } from "../aws/aws";
import { type Proxies, readProxies } from "../client/proxies";
import type { EnvironmentVariables } from "./own-process";

export { type AwsAccess, type AwsService, readAwsAccess } from "../aws/access";
export { Aws } from "../aws/aws";
export { Proxies, readProxies } from "../client/proxies";

/** How a run reaches other machines: read once, and passed to everything that sends requests. */
export interface Reach {
  /** The proxies for requests to the vendor. */
  proxies: Proxies;
  /** How AWS is reached. */
  aws: Aws;
}

/**
 * Reads how a run reaches the vendor and AWS.
 *
 * @param environment the environment of this run
 * @param aws returns the value of a key of the namespace `aws` of the stack's configuration; default: no values
 * @throws TenantManagementError `INPUT_INVALID` if a proxy's URL is invalid
 */
export function readReach(
  environment: EnvironmentVariables,
  aws: (key: string) => string | undefined = () => undefined,
): Reach {
  return { proxies: readProxies(environment), aws: new Aws(readAwsAccess(environment, aws)) };
}
