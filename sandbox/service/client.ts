import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";

import { z } from "zod";

import { SandboxError } from "../errors";

const requestSchema = z.looseObject({
  id: z.string(),
  state: z.string(),
  plan: z.looseObject({ digest: z.string(), lines: z.array(z.string()) }).optional(),
  problem: z.unknown().optional(),
});

/** The fields of a request that the demonstration uses. */
export type RequestSeen = z.output<typeof requestSchema>;

/** A response of the API. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: unknown;
}

/** A caller of the API. */
export class ApiClient {
  constructor(
    private readonly url: string,
    private readonly token: string,
  ) {}

  /** Logs a person in at the sandbox's own endpoint. */
  static async of(
    url: string,
    peopleTokenUrl: string,
    username: string,
    password: string,
  ): Promise<ApiClient> {
    const answer = await fetch(peopleTokenUrl, {
      method: "POST",
      body: new URLSearchParams({ username, password }),
    });
    const { access_token: token } = z.object({ access_token: z.string() }).parse(await answer.json());
    return new ApiClient(url, token);
  }

  /** Calls the API, each POST with a new key unless one is given. */
  async call(method: string, path: string, body?: unknown, key: string = randomUUID()): Promise<Answer> {
    const answer = await fetch(`${this.url}/api/v1${path}`, {
      method,
      headers: {
        authorization: `Bearer ${this.token}`,
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...(method === "POST" ? { "idempotency-key": key } : {}),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    const isJson = /json(?:;|$)/.test(answer.headers.get("content-type") ?? "") && !text.includes("\n{");
    return { status: answer.status, headers: answer.headers, body: isJson ? JSON.parse(text) : text };
  }

  /** @throws SandboxError `PROOF_FAILED` if the response has another status */
  async expect(status: number, method: string, path: string, body?: unknown): Promise<unknown> {
    const answer = await this.call(method, path, body);
    if (answer.status === status) return answer.body;
    const said = JSON.stringify(answer.body);
    const message = `${method} ${path} was answered with ${answer.status} instead of ${status}: ${said}`;
    throw new SandboxError("PROOF_FAILED", message);
  }

  async request(id: string): Promise<RequestSeen> {
    return requestSchema.parse(await this.expect(200, "GET", `/requests/${id}`));
  }

  async submit(body: unknown): Promise<RequestSeen> {
    return requestSchema.parse(await this.expect(201, "POST", "/requests", body));
  }

  /**
   * Waits until a request is in a state.
   *
   * @throws SandboxError `PROOF_FAILED` if it ends in another one, `TIMED_OUT` after three minutes
   */
  async until(id: string, state: string): Promise<RequestSeen> {
    const deadline = performance.now() + 180_000;
    for (;;) {
      const request = await this.request(id);
      if (request.state === state) return request;
      if (["done", "failed", "refused", "withdrawn", "expired"].includes(request.state)) {
        const why = JSON.stringify(request.problem ?? null);
        throw new SandboxError("PROOF_FAILED", `the request is ${request.state} instead of ${state}: ${why}`);
      }
      if (performance.now() > deadline)
        throw new SandboxError("TIMED_OUT", `the request is still ${request.state} after 3 minutes`);
      await delay(250);
    }
  }
}
