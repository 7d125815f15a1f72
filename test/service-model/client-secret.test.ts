import { strict as assert } from "node:assert";
import { randomBytes } from "node:crypto";

import { generateKeyPair, SignJWT } from "jose";
import type { IssuerFetch } from "resistant-tenants-service/identity/issuer-fetch";
import { openLogIn } from "resistant-tenants-service/identity/log-in";

import { issuerUrl, makeSettings } from "../service/records/service";

/** How an issuer reads the service's secret. */
interface Reading {
  /** Whether it decodes the two parts of Basic (RFC 6749), or compares them as they are (RFC 7617). */
  decodes?: boolean;
  takesBody?: boolean;
  /** Whether a refusal has `WWW-Authenticate` in place of an error in its body. */
  challenges?: boolean;
}

/** An issuer whose only token is for the log-in that was just begun. */
class Issuer {
  nonce = "";
  /** The ways in which the secret arrived. */
  readonly came: string[] = [];

  constructor(
    private readonly clientSecret: string,
    private readonly reading: Reading,
  ) {}

  readonly fetch: IssuerFetch = async (url, { headers, body }) => {
    if (!url.endsWith("/token"))
      return Response.json({
        issuer: issuerUrl,
        authorization_endpoint: `${issuerUrl}/auth`,
        token_endpoint: `${issuerUrl}/token`,
        jwks_uri: `${issuerUrl}/keys`,
      });
    const form = new URLSearchParams(String(body));
    const basic = new Headers(headers).get("authorization");
    this.came.push(basic === null ? "body" : "header");
    if (this.#isRight(basic, form)) return Response.json(await this.#tokens());
    return this.reading.challenges === true
      ? new Response(null, { status: 401, headers: { "www-authenticate": 'Basic realm="issuer"' } })
      : Response.json({ error: "invalid_client" }, { status: 401 });
  };

  #isRight(basic: string | null, form: URLSearchParams): boolean {
    if (basic === null)
      return this.reading.takesBody === true && form.get("client_secret") === this.clientSecret;
    const [, secret = ""] = Buffer.from(basic.slice("Basic ".length), "base64").toString().split(":");
    return (this.reading.decodes === true ? decodeURIComponent(secret) : secret) === this.clientSecret;
  }

  async #tokens(): Promise<object> {
    const { privateKey } = await generateKeyPair("RS256");
    const idToken = await new SignJWT({ nonce: this.nonce })
      .setProtectedHeader({ alg: "RS256" })
      .setIssuer(issuerUrl)
      .setSubject("rita")
      .setAudience("web")
      .setIssuedAt()
      .setExpirationTime("5 minutes")
      .sign(privateKey);
    return { access_token: "access", token_type: "Bearer", id_token: idToken };
  }
}

describe("service: the issuer's client secret", () => {
  const special = "0jQKm_heHj4Ba7-IPXk1bZbnKvG5SV5B";

  /** Logs in, and returns the ways in which the secret was sent. */
  async function logIn(clientSecret: string, reading: Reading, times = 1): Promise<string[]> {
    const issuer = new Issuer(clientSecret, reading);
    const keys = { clientSecret, sealingKey: randomBytes(32), issuerFetch: issuer.fetch };
    const service = openLogIn(makeSettings(), keys);
    for (let time = 0; time < times; time += 1) {
      const { location, cookie } = await service.begin("/");
      issuer.nonce = location.searchParams.get("nonce") ?? "";
      const state = location.searchParams.get("state") ?? "";
      const back = new URL(`http://127.0.0.1:1/callback?code=a-code&state=${state}`);
      const { account } = await service.end(back, cookie).catch((error: unknown) => {
        throw Object.assign(error as Error, { came: issuer.came });
      });
      assert.equal(account.subject, "rita");
    }
    return issuer.came;
  }

  it("is sent in the header, percent-encoded, to an issuer that decodes it", async () => {
    assert.deepEqual(await logIn(special, { decodes: true }), ["header"]);
  });

  for (const challenges of [false, true])
    it(`with special characters is sent in the body to an issuer that does not decode it${challenges ? " and answers with a challenge" : ""}`, async () => {
      const reading = { takesBody: true, challenges };
      assert.deepEqual(await logIn(special, reading, 2), ["header", "body", "body"]);
    });

  it("that is wrong is not tried a third time, and one without special characters not a second time", async () => {
    for (const [secret, came] of [
      [special, ["header", "body"]],
      ["0jQKmheHj4Ba7IPXk1bZbnKvG5SV5B", ["header"]],
    ] as const) {
      const refuses = { decodes: true, takesBody: false };
      const wrong = new Issuer("another", refuses);
      const keys = { clientSecret: secret, sealingKey: randomBytes(32), issuerFetch: wrong.fetch };
      const service = openLogIn(makeSettings(), keys);
      const { location, cookie } = await service.begin("/");
      const back = new URL(
        `http://127.0.0.1:1/callback?code=a-code&state=${location.searchParams.get("state") ?? ""}`,
      );
      await assert.rejects(service.end(back, cookie), { code: "unauthenticated" });
      assert.deepEqual(wrong.came, came);
    }
  });
});
