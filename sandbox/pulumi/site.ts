import { EnvHttpProxyAgent, fetch } from "undici";

let reachable: Promise<boolean> | undefined;

/**
 * Returns whether Pulumi's download site responds within 5 s, through the environment's proxies: the
 * installers themselves retry for minutes. Checked once per process.
 */
export function isPulumiSiteReachable(): Promise<boolean> {
  reachable ??= ask("https://get.pulumi.com/");
  return reachable;
}

async function ask(url: string): Promise<boolean> {
  const dispatcher = new EnvHttpProxyAgent();
  try {
    const signal = AbortSignal.timeout(5_000);
    return (await fetch(url, { method: "HEAD", signal, dispatcher })).status < 500;
  } catch {
    return false;
  } finally {
    await dispatcher.destroy();
  }
}
