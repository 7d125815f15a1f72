import { messageOf, printable } from "./errors";
import type { Proxy } from "./proxies";

/** Why an exchange came to nothing. */
export interface ConnectionProblem {
  /** What happened and what to check, for a message. */
  text: string;
  /** Whether the same would happen again, however often it is tried. */
  isPermanent: boolean;
}

/** By the `code` or else the `name` of what Node or undici throw. */
const passing: Record<string, string> = {
  ECONNREFUSED: "the connection was refused: is the URL right, and is the server up?",
  ECONNRESET: "the connection was cut off",
  EPIPE: "the connection was cut off",
  ENOTFOUND: "the host name is not known: is the URL right, and does DNS work here?",
  EAI_AGAIN: "the host name could not be looked up: does DNS work here?",
  ETIMEDOUT: "no connection in time: is there a firewall or a proxy between?",
  ENETUNREACH: "there is no way to the server's network from here",
  EHOSTUNREACH: "there is no way to the server from here",
  UND_ERR_CONNECT_TIMEOUT: "no connection in time: is there a firewall or a proxy between?",
  UND_ERR_HEADERS_TIMEOUT: "no answer in time",
  UND_ERR_BODY_TIMEOUT: "the answer stopped half-way",
  UND_ERR_SOCKET: "the connection was cut off",
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: "the answer is not as long as it says",
  HTTPParserError: "the answer is not HTTP",
  TimeoutError: "no whole answer in time",
};

const wrongTime = "its certificate is not valid now: is this machine's clock right?";
const untrusted =
  "its certificate is of an authority that this machine does not trust: is there a proxy that looks into TLS? " +
  "Then set NODE_EXTRA_CA_CERTS to the file of its certificate";
const noTls = "it does not speak TLS as it should: is the URL right, its port too?";

const permanent: Record<string, string> = {
  UND_ERR_RES_EXCEEDED_MAX_SIZE: "the answer is larger than any true one and was not read",
  UND_ERR_HEADERS_OVERFLOW: "the answer's headers are larger than any true ones and were not read",
  UND_ERR_INVALID_ARG: "the request cannot be sent as it is",
  UND_ERR_DESTROYED: "this client is closed already",
  UND_ERR_CLOSED: "this client is closed already",
  ERR_TLS_CERT_ALTNAME_INVALID: "its certificate is another host's: is the URL right?",
  HOSTNAME_MISMATCH: "its certificate is another host's: is the URL right?",
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
 * Explains what Node or undici threw instead of an answer.
 *
 * @param proxy the one by which the request was to leave
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

/** undici tells the status with which a proxy refuses a tunnel in its message alone. */
function refusedBy(error: unknown): number | undefined {
  const [, status] = /^Proxy response \((\d{3})\) !== 200/.exec(messageOf(error)) ?? [];
  return status === undefined ? undefined : Number(status);
}

/** Explains that a proxy opened no way to a host: it cannot have got anything. */
export function proxyRefusal(status: number, { shown }: Proxy): ConnectionProblem {
  const remedy =
    status === 407
      ? "it wants a user and a password: give them in that variable (http://<user>:<password>@<host>:<port>)"
      : status < 500
        ? "have this host allowed there, or name it in NO_PROXY if it is reached without a proxy"
        : "it could not reach this host: is the URL right? If the host is reached without a proxy, name it in NO_PROXY";
  return {
    text: `the proxy ${shown} refused the way there (${status}): ${remedy}`,
    isPermanent: status < 500,
  };
}

function keyOf(error: unknown): string {
  if (!(error instanceof Error)) return "";
  const code = (error as { code?: unknown }).code;
  return typeof code === "string" ? code : error.name;
}
