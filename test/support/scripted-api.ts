import assert from "node:assert/strict";

import { TenantManagementApi } from "../../provider/src/client/api";
import { OrganizationTokens } from "../../provider/src/client/organization-token";
import type { HttpAnswer, HttpRequest, Transport } from "../../provider/src/client/transport";
import { recordedRetries } from "./retry-policy";

export const apiUrl = "https://api.example.test/v0";
export const tokenUrl = "https://id.example.test/oauth2/organization/v1/token";
/** Their hosts, none of which is the vendor's. */
export const allowedHosts = ["api.example.test", "id.example.test"];

/** One step of a script: a response, or the error of the transport. */
export type Step = Partial<HttpAnswer> | Error;

/** Creates a response with a JSON body. */
export function json(body: unknown, status = 200, headers: Record<string, string> = {}): HttpAnswer {
  return { status, headers: { "content-type": "application/json", ...headers }, body: JSON.stringify(body) };
}

/** Creates the response with an access token. */
export function tokenAnswer(
  accessToken: string,
  members: Record<string, unknown> = { expires_in: 3600 },
): Step {
  return json({ access_token: accessToken, token_type: "Bearer", ...members });
}

/** A transport that follows a script, and what was sent through it. */
export interface ScriptedTransport {
  transport: Transport;
  sent: HttpRequest[];
  /** Fails unless every step was used. */
  assertUsedUp: () => void;
}

export function scriptedTransport(steps: readonly Step[]): ScriptedTransport {
  const sent: HttpRequest[] = [];
  return {
    sent,
    transport: {
      send: (request) => {
        const step = steps[sent.length];
        sent.push(request);
        if (step === undefined)
          throw new assert.AssertionError({ message: `request ${sent.length} is one too many` });
        return step instanceof Error
          ? Promise.reject(step)
          : Promise.resolve({ status: 200, headers: {}, body: "", ...step });
      },
      close: () => Promise.resolve(),
    },
    assertUsedUp: () => {
      assert.equal(sent.length, steps.length, "requests that were sent, and steps of the script");
    },
  };
}

/** A client of the API with scripted responses, and its result. */
export interface ScriptedApi {
  api: TenantManagementApi;
  sent: HttpRequest[];
  waits: number[];
}

/**
 * Runs a test against a script of the API's responses; tokens are issued outside of it.
 *
 * @throws AssertionError if a response was not used, or one more was requested
 */
export async function withAnswers<T>(
  steps: readonly Step[],
  test: (scripted: ScriptedApi) => Promise<T>,
): Promise<T> {
  const { transport, sent, assertUsedUp } = scriptedTransport(steps);
  const { policy, waits } = recordedRetries();
  const api = new TenantManagementApi({
    stage: "testing",
    apiUrl,
    allowedHosts,
    tokens: tokensAt(tokenUrl),
    transport,
    retryPolicy: policy,
  });
  const result = await test({ api, sent, waits });
  assertUsedUp();
  return result;
}

const answer = {
  status: 200,
  headers: { "content-type": "application/json" },
  body: JSON.stringify({ access_token: "the-access-token", token_type: "Bearer", expires_in: 3600 }),
};

/** Creates a source of tokens that sends no request. */
export function tokensAt(tokenUrl: string): OrganizationTokens {
  return new OrganizationTokens(
    { tokenUrl, clientId: "organization-client", sign: () => Promise.resolve("an.assertion.signed") },
    { send: () => Promise.resolve(answer), close: () => Promise.resolve() },
    recordedRetries().policy,
  );
}
