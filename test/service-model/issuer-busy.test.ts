import { strict as assert } from "node:assert";
import { randomBytes } from "node:crypto";

import type { IssuerFetch } from "resistant-tenants-service/identity/issuer-fetch";
import { openLogIn } from "resistant-tenants-service/identity/log-in";

import { issuerUrl, makeSettings } from "../service/records/service";

describe("service: a log-in whose code is exchanged", () => {
  /** Ends a log-in at an issuer whose token endpoint answers as given. */
  async function end(tokenEndpoint: () => Promise<Response>): Promise<unknown> {
    const issuerFetch: IssuerFetch = async (url) =>
      url.endsWith("/token")
        ? tokenEndpoint()
        : Response.json({
            issuer: issuerUrl,
            authorization_endpoint: `${issuerUrl}/auth`,
            token_endpoint: `${issuerUrl}/token`,
            jwks_uri: `${issuerUrl}/keys`,
          });
    const service = openLogIn(makeSettings(), {
      clientSecret: "s",
      sealingKey: randomBytes(32),
      issuerFetch,
    });
    const { location, cookie } = await service.begin("/");
    const state = location.searchParams.get("state") ?? "";
    return service.end(new URL(`http://127.0.0.1:1/callback?code=a-code&state=${state}`), cookie);
  }

  for (const [what, answer] of Object.entries({
    "is busy": () => Promise.resolve(Response.json({ errorCode: "E0000047" }, { status: 429 })),
    "is down": () => Promise.resolve(new Response("<html>", { status: 503 })),
    "does not answer": () => Promise.reject(new Error("connection refused")),
  }))
    it(`has not failed if the issuer ${what}`, async () => {
      await assert.rejects(end(answer), { code: "unavailable" });
    });

  it("has failed if the issuer refuses the code", async () => {
    await assert.rejects(
      end(() => Promise.resolve(Response.json({ error: "invalid_grant" }, { status: 400 }))),
      { code: "unauthenticated" },
    );
  });
});
