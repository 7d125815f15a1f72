import { readAwsAccess } from "../aws/access";
import { Aws } from "../aws/aws";
import type { EnvironmentVariables } from "../settings/own-process";
import { type Objects, objectsIn } from "./s3-objects";

export { all } from "./s3-objects";

/** How to reach a bucket that belongs to no stack. The environment supplies what is absent. */
export interface BucketAccess {
  region?: string | undefined;
  endpoint?: string | undefined;
  profile?: string | undefined;
  /** Whether the bucket is named in the path of a URL; default: where S3 is not at AWS's own URL. */
  usePathStyle?: boolean | undefined;
}

/** Opens a bucket with the environment's settings; ignores stack configuration. */
export function openBucket(
  bucket: string,
  { region, endpoint, profile, usePathStyle }: BucketAccess,
  environment: EnvironmentVariables,
): Objects {
  const own: Readonly<Record<string, string | undefined>> = { region, profile };
  const access = readAwsAccess(environment, (key) => own[key]);
  const aws = new Aws({
    ...access,
    ...(endpoint === undefined ? {} : { endpoints: { ...access.endpoints, s3: endpoint } }),
    ...(usePathStyle === undefined ? {} : { s3UsePathStyle: usePathStyle }),
  });
  return objectsIn(bucket, aws);
}
