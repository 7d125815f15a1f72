import assert from "node:assert/strict";

import type { TenantManagementError } from "../../../provider/src/client/errors";
import { failureOf } from "../../support/failure";
import { json, type Step, tokenAnswer, withAnswers } from "../../support/scripted-api";

const application = {
  applicationId: "a-1",
  clientId: "c-1",
  cell: "eu-1",
  scopes: ["documents.submissions.read"],
  authServer: "https://eu.id.resistant.ai/oauth2/aus1",
};
const prove = <T>(
  tokenUrl: string,
  answers: readonly Step[],
  then: (proof: Promise<void>) => Promise<T>,
): Promise<{ result: T; hosts: string[] }> =>
  withAnswers(answers, async ({ api, sent }) => {
    const credentials = { type: "CLIENT_SECRET", clientSecret: "s3cret" } as const;
    const result = await then(api.proveCredentials("t-1", { ...application, tokenUrl }, credentials));
    return { result, hosts: sent.map(({ url }) => url.host) };
  });
const refusal = async (tokenUrl: string, ...answers: Step[]): Promise<TenantManagementError> =>
  (await prove(tokenUrl, answers, failureOf)).result;

describe("client: the proof of an application's credentials", () => {
  for (const host of ["eu.id.resistant.ai", "us-1.id.resistant.ai", "id.example.test"]) {
    it(`is asked for at ${host}, a server of the vendor's or one that is allowed`, async () => {
      const { hosts } = await prove(`https://${host}/v1/token`, [tokenAnswer("t")], (proof) => proof);
      assert.deepEqual(hosts, [host]);
    });
  }

  for (const tokenUrl of [
    "https://evil.example/v1/token",
    "https://id.resistant.ai.evil.example/v1/token",
    "https://evilid.resistant.ai/v1/token",
    "https://eu.id.resistant.ai:8443/v1/token",
    "https://api.documents.resistant.ai/v1/token",
    "http://eu.id.resistant.ai/v1/token",
    "nonsense",
  ]) {
    it(`sends nothing to ${tokenUrl}`, async () => {
      const error = await refusal(tokenUrl);
      assert.equal(error.code, "ANSWER_INVALID");
      assert.match(
        error.message,
        /^Tenant t-1, cell eu-1 \(stage testing\): .*application a-1.*No credential was sent there/,
      );
    });
  }

  it("names the stage, the tenant and the cell where it is refused", async () => {
    const error = await refusal(
      "https://eu.id.resistant.ai/v1/token",
      json({ error: "invalid_client" }, 401, { "x-okta-request-id": "r-3" }),
    );
    assert.match(
      error.message,
      /^Tenant t-1, cell eu-1 \(stage testing\): the authorization server of application a-1 gave no token to client c-1 \(status 401\): invalid_client \[x-okta-request-id r-3\]/,
    );
  });
});
