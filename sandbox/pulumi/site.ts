let reachable: Promise<boolean> | undefined;

/**
 * Tells whether Pulumi's download site answers, within 5 s: the installers themselves retry and wait for minutes.
 * Asked once per process.
 */
export function isPulumiSiteReachable(): Promise<boolean> {
  reachable ??= fetch("https://get.pulumi.com/", { method: "HEAD", signal: AbortSignal.timeout(5_000) }).then(
    (response) => response.status < 500,
    () => false,
  );
  return reachable;
}
