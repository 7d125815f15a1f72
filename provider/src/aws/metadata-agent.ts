import http from "node:http";

import { isNeverProxied } from "../client/proxies";

/** The method by which Node hands a request to its agent; it is public, and in no type. */
interface TakesRequests {
  addRequest(request: http.ClientRequest, options: { host?: string | null }): void;
}

/**
 * Sends requests that must not use a proxy directly, and the rest through the previous agent. With Node's own
 * switch `NODE_USE_ENV_PROXY` that agent would use a proxy for the metadata service, from which the AWS SDK
 * takes an instance's credentials.
 */
class MetadataAgent extends http.Agent {
  constructor(private readonly usual: http.Agent) {
    super({ keepAlive: true });
  }

  addRequest(request: http.ClientRequest, options: { host?: string | null }): void {
    const takes = (agent: unknown): TakesRequests => agent as TakesRequests;
    if (isNeverProxied(options.host ?? ""))
      takes(http.Agent.prototype).addRequest.call(this, request, options);
    else takes(this.usual).addRequest(request, options);
  }
}

/** Keeps Node's own proxies from requests to the metadata service; the SDK accepts no agent for them. */
export function reachMetadataDirectly(): void {
  if (!(http.globalAgent instanceof MetadataAgent)) http.globalAgent = new MetadataAgent(http.globalAgent);
}
