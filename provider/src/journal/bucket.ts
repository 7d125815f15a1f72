import { readAwsAccess } from "../aws/access";
import { Aws } from "../aws/aws";
import type { EnvironmentVariables } from "../settings/own-process";
import { type Objects, objectsIn } from "./s3-objects";

export { all } from "./s3-objects";

/** How a bucket is reached that is none of a stack's; what is absent is as the environment says. */
export interface BucketAccess {
  region?: string | undefined;
  endpoint?: string | undefined;
  profile?: string | undefined;
  /** Whether the bucket is named in the path of a URL; default: where S3 is not at AWS's own URL. */
  usePathStyle?: boolean | undefined;
}

/** Opens a bucket as the environment says, whatever a stack's configuration has. */
export function openBucket(
  bucket: string,
  { region, endpoint, profile, usePathStyle }: BucketAccess,
  environment: EnvironmentVariables,
): Objects {
  const access = readAwsAccess(environment);
  const aws = new Aws({
    ...access,
    ...(region === undefined ? {} : { region }),
    ...(profile === undefined ? {} : { profile }),
    ...(endpoint === undefined ? {} : { endpoints: { ...access.endpoints, s3: endpoint } }),
    ...(usePathStyle === undefined ? {} : { s3UsePathStyle: usePathStyle }),
  });
  return objectsIn(bucket, aws);
}
