/** How a run reaches AWS as the stack's AWS provider does; what is absent is as AWS's own configuration says. */
export interface IdentityAccess {
  region?: string | undefined;
  profile?: string;
  credentials?: { accessKeyId: string; secretAccessKey: string; sessionToken?: string };
}

/**
 * Reads from the stack's configuration with whose credentials its AWS provider works. A role that the provider assumes
 * is not followed: the identity is then that of whoever assumes it.
 *
 * @param get gives the value of a key of the namespace `aws`, or undefined
 */
export function readIdentityAccess(get: (key: string) => string | undefined): IdentityAccess {
  const [region, profile, accessKeyId, secretAccessKey, sessionToken] = [
    get("region"),
    get("profile"),
    get("accessKey"),
    get("secretKey"),
    get("token"),
  ];
  return {
    ...(region === undefined ? {} : { region }),
    ...(profile === undefined ? {} : { profile }),
    ...(accessKeyId === undefined || secretAccessKey === undefined
      ? {}
      : {
          credentials: {
            accessKeyId,
            secretAccessKey,
            ...(sessionToken === undefined ? {} : { sessionToken }),
          },
        }),
  };
}
