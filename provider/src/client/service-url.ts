/** The names of this machine itself, where the sandbox listens. */
const loopbackHosts = new Set(["localhost", "127.0.0.1", "[::1]"]);

/** Tells whether a credential may be sent to a URL: https, or http on loopback, where the sandbox listens. */
export function isServiceUrl(text: string): boolean {
  const url = URL.parse(text);
  if (url === null || url.username !== "" || url.password !== "" || url.search !== "" || url.hash !== "")
    return false;
  return url.protocol === "https:" || (url.protocol === "http:" && loopbackHosts.has(url.hostname));
}

/** Tells whether a URL is one of this machine itself: nothing of the vendor's is there. */
export function isLoopback(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && loopbackHosts.has(url.hostname);
}
