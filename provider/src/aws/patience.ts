/** How long a call to AWS is waited for. */
export interface AwsPatience {
  /** How often it is tried at most. */
  attempts: number;
  connectionTimeoutMs: number;
  /** For each attempt: the time until its answer begins, and that in which no more of the answer comes. */
  answerTimeoutMs: number;
}

/** Half a minute in all, where AWS stays silent: whatever waits for it may hold a credential that is given out once. */
const usualPatience: AwsPatience = { attempts: 3, connectionTimeoutMs: 3_000, answerTimeoutMs: 8_000 };

/**
 * Returns whether something that an AWS client has thrown is the error of a name, such as `ResourceNotFoundException`.
 */
export function isAwsError(error: unknown, name: string): boolean {
  return error instanceof Error && error.name === name;
}

/**
 * Returns the part of an AWS client's configuration that makes its calls end: of itself, the SDK waits for an answer
 * without end, and its `requestTimeout` alone only prints a warning.
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
