import { strict as assert } from "node:assert";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import {
  CreateSecretCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";

import { awsEnvironment } from "../../sandbox/aws/find-provider";
import { type SecretsManager, startSecretsManager } from "../../sandbox/aws/moto";
import type { StoredSecret } from "../../stacks/src/secret/stored-secret";
import {
  type Api,
  apiOf,
  bothDocumentsScopes,
  ecPair,
  makeApplication,
  type RegisteredPair,
  rsaPair,
  useSandbox,
} from "../sandbox/api/client";
import { region } from "../support/aws-environment";
import { useServer } from "../support/http-server";
import type { Driver, Request } from "./driver";
import { type Language, languages, missingPrograms } from "./languages";

type Method = StoredSecret["auth_method"];

/** An application that exists, and what its secret holds. */
interface Provisioned {
  value: StoredSecret;
  /** Where the API deletes it. */
  path: string;
}

describe("the integrators' snippets", function () {
  this.timeout(300_000);
  const sandbox = useSandbox({ quota: 1000 });
  const tokenServer = useServer();
  const pairs: Record<Exclude<Method, "CLIENT_SECRET">, RegisteredPair> = {
    RSA: rsaPair(3072),
    EC: ecPair(),
  };
  let moto: SecretsManager;
  let secretsManager: SecretsManagerClient;
  let api: Api;
  let home: string;
  let env: NodeJS.ProcessEnv;

  before(async () => {
    moto = await startSecretsManager({ log: () => undefined });
    home = await mkdtemp(path.join(tmpdir(), "integrators-home-"));
    const aws = awsEnvironment({ endpointUrl: moto.endpointUrl, region });
    const credentials = { accessKeyId: "sandbox", secretAccessKey: "sandbox" };
    secretsManager = new SecretsManagerClient({ region, endpoint: moto.endpointUrl, credentials });
    // Nothing of whoever runs the tests: no AWS profile, no proxy, no .netrc, no cached token.
    env = { PATH: process.env["PATH"], HOME: home, LANG: "C.UTF-8", ...aws, AWS_DEFAULT_REGION: region };
    api = await apiOf(sandbox());
  });
  after(async () => {
    secretsManager.destroy();
    await moto.close();
    await rm(home, { recursive: true });
  });

  /** Makes an application, and what the stack would store for it. */
  async function provision(method: Method): Promise<Provisioned> {
    const pair = method === "CLIENT_SECRET" ? undefined : pairs[method];
    const { application, path, tenantId } = await makeApplication(api, pair?.authMethod);
    const { id, client_id, credentials, _links } = application;
    const proof: Partial<StoredSecret> =
      pair === undefined
        ? { client_secret: credentials!["client_secret"]! }
        : {
            private_key: pair.privateKeyPem,
            key_id: credentials!["kid"]!,
            alg: method === "RSA" ? "RS256" : "ES256",
          };
    const value: StoredSecret = {
      stage: "testing",
      cell: "eu-1",
      tenant_id: tenantId,
      application_id: id,
      client_id,
      auth_method: method,
      ...proof,
      token_url: _links!.token_url,
      documents_api_url: "https://api.documents.testing.resistant.ai",
      scopes: ["documents.submissions.read", "documents.submissions.write"],
    };
    return { value, path };
  }

  async function store(name: string, value: StoredSecret): Promise<string> {
    const command = new CreateSecretCommand({ Name: name, SecretString: JSON.stringify(value) });
    return (await secretsManager.send(command)).ARN!;
  }

  /** Rotates a secret's credentials, and ends those before. */
  async function rotate(secretId: string, former: Provisioned): Promise<Provisioned> {
    const next = await provision(former.value.auth_method);
    await secretsManager.send(
      new PutSecretValueCommand({ SecretId: secretId, SecretString: JSON.stringify(next.value) }),
    );
    await api("DELETE", former.path);
    return next;
  }

  /** Counts the token requests since the last count. */
  function tokenRequests(): number {
    const { applicationToken } = sandbox().control.requests();
    sandbox().control.resetRequests();
    return applicationToken;
  }

  for (const language of languages) suiteOf(language);

  function suiteOf(language: Language): void {
    const missing = missingPrograms(language);
    // CI has them all: there, what is missing fails.
    const skipped = missing.length > 0 && !process.env["CI"];
    const because = missing.length === 0 ? "" : ` (not on the PATH: ${missing.join(", ")})`;

    describe(`${language.name}${because}`, () => {
      let driver: Driver | undefined;

      if (!skipped) {
        before(async () => {
          assert.deepEqual(missing, []);
          driver = await language.start(env);
        });
        after(async () => {
          await driver?.close();
        });
      }
      const test = skipped ? it.skip : it;

      /** Gets tokens, and how many requests that took. */
      const ask = async (request: Request): Promise<[tokens: string[], requests: number]> => {
        tokenRequests();
        const tokens = await driver!.tokens(request);
        assert.ok(tokens.every((token) => sandbox().control.issuedSecrets().includes(token)));
        return [[...new Set(tokens)], tokenRequests()];
      };

      for (const method of ["CLIENT_SECRET", "RSA", "EC"] as const) {
        test(`${method}: caches the token, and goes on when a rotation has ended the credential`, async () => {
          const first = await provision(method);
          const secretId = await store(`${language.name}/${method}`, first.value);
          const [[token, ...others], requests] = await ask({ secretId, callers: 4 });
          assert.deepEqual([others, requests], [[], 1]);
          assert.deepEqual(await ask({ secretId }), [[token], 0]);
          await rotate(secretId, first);
          assert.deepEqual(await ask({ secretId }), [[token], 0]);
          const [[next], renewing] = await ask({ secretId, drop: true });
          assert.notEqual(next, token);
          // The shell's snippet keeps no secret, only the token: it has read the new one before it asks.
          assert.equal(renewing, language.name === "curl" ? 1 : 2);
        });
      }

      test("renews a token before it expires, and fails once it has read an ended credential twice", async () => {
        const { value, path: applicationPath } = await provision("CLIENT_SECRET");
        const secretId = await store(`${language.name}/ended`, value);
        sandbox().control.configure({ accessTokenTtlS: 60 });
        try {
          const [[first]] = await ask({ secretId, place: "header" });
          const [[second], requests] = await ask({ secretId, place: "header" });
          assert.notEqual(second, first);
          assert.equal(requests, 1);
        } finally {
          sandbox().control.configure({ accessTokenTtlS: 3600 });
        }
        await api("DELETE", applicationPath);
        tokenRequests();
        await assert.rejects(driver!.tokens({ secretId, place: "header" }), (error: Error) => {
          assert.match(error.message, /invalid_client/);
          assert.ok(!error.message.includes(value.client_secret!));
          return true;
        });
        assert.equal(tokenRequests(), 2);
      });

      test("sends any client secret unharmed, in the body and percent-encoded in the header", async () => {
        const client_secret = `a:b c+d%20e"f\\g&h=i@j'k`;
        const { value } = await provision("CLIENT_SECRET");
        const seen: unknown[] = [];
        tokenServer.answerWith((request, response) => {
          let body = "";
          request.on("data", (chunk: Buffer) => (body += chunk.toString()));
          request.on("end", () => {
            seen.push([request.headers.authorization, Object.fromEntries(new URLSearchParams(body))]);
            response.setHeader("content-type", "application/json");
            response.end(JSON.stringify({ access_token: "any", token_type: "Bearer", expires_in: 3600 }));
          });
        });
        const form = { grant_type: "client_credentials", scope: bothDocumentsScopes.join(" ") };
        const { client_id } = value;
        for (const place of ["body", "header"] as const) {
          const other = { ...value, client_secret, token_url: tokenServer.url("/token").href };
          const secretId = await store(`${language.name}/${place}`, other);
          assert.deepEqual(await driver!.tokens({ secretId, place }), ["any"]);
        }
        const [inBody, [authorization, rest]] = seen as [unknown, [string, unknown]];
        assert.deepEqual(inBody, [undefined, { ...form, client_id, client_secret }]);
        assert.deepEqual(rest, form);
        assert.deepEqual(basicPair(authorization), [client_id, client_secret]);
      });
    });
  }
});

/** Reads Basic credentials whose two parts are form-encoded (RFC 6749, section 2.3.1). */
function basicPair(authorization: string): string[] {
  const pair = Buffer.from(authorization.replace("Basic ", ""), "base64").toString();
  return pair.split(":").map((part) => decodeURIComponent(part.replaceAll("+", " ")));
}
