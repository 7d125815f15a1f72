/** How long to wait for a call to AWS. */
export interface AwsPatience {
  /** The most attempts. */
  attempts: number;
  connectionTimeoutMs: number;
  /** For each attempt: the time until its answer begins, and that in which no more of the answer comes. */
  answerTimeoutMs: number;
}

/** Half a minute in all if AWS does not respond: the caller may hold a credential that is returned only once. */
const usualPatience: AwsPatience = { attempts: 3, connectionTimeoutMs: 3_000, answerTimeoutMs: 8_000 };

/** Returns whether an error of an AWS client has a name, such as `ResourceNotFoundException`. */
export function isAwsError(error: unknown, name: string): boolean {
  return error instanceof Error && error.name === name;
}

/**
 * Returns the part of an AWS client's configuration that limits its calls: by default the SDK waits for an answer
 * forever, and its `requestTimeout` alone only prints a warning.
 *
 * @param patience default: three attempts, of 8 s each
 * @see {@link
 *   https://github.com/smithy-lang/smithy-typescript/blob/main/packages/types/src/http/httpHandlerInitialization.ts
 *   NodeHttpHandlerOptions}
 */
export function callsThatEnd(patience = usualPatience) {
  const { attempts, connectionTimeoutMs, answerTimeoutMs } = patience;
  return {
    maxAttempts: attempts,
    requestHandler: {
      connectionTimeout: connectionTimeoutMs,
      requestTimeout: answerTimeoutMs,
      throwOnRequestTimeout: true,
      socketTimeout: answerTimeoutMs,
    },
  };
}
