import type { Proxy } from "./proxies";
import { messageOf, printable } from "./text";

/** Why an exchange failed. */
export interface ConnectionProblem {
  /** What happened and what to check, for a message. */
  text: string;
  /** Whether every repetition would fail likewise. */
  isPermanent: boolean;
}

/** The problems by the `code`, or else the `name`, of the error that Node or undici throws. */
const passing: Record<string, string> = {
  ECONNREFUSED: "the connection was refused: is the URL correct, and is the server running?",
  ECONNRESET: "the connection was reset",
  EPIPE: "the connection was closed before the answer",
  ENOTFOUND: "the host name is unknown: is the URL correct, and does DNS work here?",
  EAI_AGAIN: "the host name could not be looked up: does DNS work here?",
  ETIMEDOUT: "the connection timed out: is a firewall or proxy in between?",
  ENETUNREACH: "the server's network is unreachable from here",
  EHOSTUNREACH: "the server is unreachable from here",
  UND_ERR_CONNECT_TIMEOUT: "the connection timed out: is a firewall or proxy in between?",
  UND_ERR_HEADERS_TIMEOUT: "the answer timed out",
  UND_ERR_BODY_TIMEOUT: "the answer stopped halfway",
  UND_ERR_SOCKET: "the connection was closed before the answer",
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: "the answer's length is not the announced one",
  HTTPParserError: "the answer is not HTTP",
  TimeoutError: "no complete answer in time",
};

const wrongTime = "its certificate is not valid now: is this machine's clock correct?";
const untrusted =
  "its certificate is from an authority that this machine does not trust: does a proxy inspect TLS? " +
  "If so, set NODE_EXTRA_CA_CERTS to the file of its certificate";
const noTls = "it does not speak proper TLS: are the URL and its port correct?";

const permanent: Record<string, string> = {
  UND_ERR_RES_EXCEEDED_MAX_SIZE: "the answer is too large and was not read",
  UND_ERR_HEADERS_OVERFLOW: "the answer's headers are too large and were not read",
  UND_ERR_INVALID_ARG: "the request is not valid and cannot be sent",
  UND_ERR_DESTROYED: "this client is already closed",
  UND_ERR_CLOSED: "this client is already closed",
  ERR_TLS_CERT_ALTNAME_INVALID: "its certificate belongs to another host: is the URL correct?",
  HOSTNAME_MISMATCH: "its certificate belongs to another host: is the URL correct?",
  CERT_HAS_EXPIRED: wrongTime,
  CERT_NOT_YET_VALID: wrongTime,
  CERT_REVOKED: "its certificate is revoked: tell the vendor",
  DEPTH_ZERO_SELF_SIGNED_CERT: untrusted,
  SELF_SIGNED_CERT_IN_CHAIN: untrusted,
  UNABLE_TO_GET_ISSUER_CERT: untrusted,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: untrusted,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: untrusted,
  CERT_UNTRUSTED: untrusted,
  CERT_REJECTED: untrusted,
  CERT_CHAIN_TOO_LONG: untrusted,
  INVALID_CA: untrusted,
  INVALID_PURPOSE: untrusted,
  EPROTO: noTls,
};

/**
 * Explains an error that Node or undici threw instead of returning an answer.
 *
 * @param proxy the proxy of the request
 * @see {@link https://nodejs.org/api/tls.html#x509-certificate-error-codes Node, X.509 certificate error codes}
 */
export function explainConnectionProblem(error: unknown, proxy?: Proxy): ConnectionProblem {
  if (proxy === undefined) return explainDirect(error);
  const status = refusedBy(error);
  if (status !== undefined) return proxyRefusal(status, proxy);
  const { text, isPermanent } = explainDirect(error);
  return { text: `by the proxy ${proxy.shown}, ${text}`, isPermanent };
}

function explainDirect(error: unknown): ConnectionProblem {
  const key = keyOf(error);
  const final = permanent[key] ?? (key.startsWith("ERR_SSL_") ? noTls : undefined);
  if (final !== undefined) return { text: `${final} (${key})`, isPermanent: true };
  const text = passing[key] ?? (key.startsWith("HPE_") ? "the answer is not HTTP" : undefined);
  return { text: text === undefined ? printable(messageOf(error)) : `${text} (${key})`, isPermanent: false };
}

/** undici reports the status with which a proxy refuses a tunnel only in its message. */
function refusedBy(error: unknown): number | undefined {
  const [, status] = /^Proxy response \((\d{3})\) !== 200/.exec(messageOf(error)) ?? [];
  return status === undefined ? undefined : Number(status);
}

/** Explains that a proxy opened no tunnel to a host, which therefore received nothing. */
export function proxyRefusal(status: number, { shown }: Proxy): ConnectionProblem {
  const remedy =
    status === 407
      ? "it requires a user and a password: add them to that variable (http://<user>:<password>@<host>:<port>)"
      : status < 500
        ? "allow this host there, or add it to NO_PROXY if no proxy is needed"
        : "it could not reach this host: is the URL correct? If no proxy is needed, add the host to NO_PROXY";
  return {
    text: `the proxy ${shown} refused the connection (${status}): ${remedy}`,
    isPermanent: status < 500,
  };
}

function keyOf(error: unknown): string {
  if (!(error instanceof Error)) return "";
  const code = (error as { code?: unknown }).code;
  return typeof code === "string" ? code : error.name;
}
