import { strict as assert } from "node:assert";

import type { AuthMethod } from "../../../../provider/src/client/auth-methods";
import type { ApiApplication } from "../../../../provider/src/client/schemas";
import {
  type LostApplication,
  settleLostApplication,
} from "../../../../provider/src/dynamic/application/lost-application";
import { mentioning, mentions } from "../../../support/mentions";
import { useSandboxApi } from "../../../support/sandbox-api";

const scopes = ["documents.submissions.read"] as const;

describe("an application that is in no state", () => {
  const { sandbox, api } = useSandboxApi();
  let tenantId: string;
  let found: ApiApplication;

  before(async () => {
    ({ tenantId } = await api().createTenant({ name: "acme" }));
    found = await api().createApplication(tenantId, {
      cell: "eu-1",
      scopes: [...scopes],
      authentication: { type: "CLIENT_SECRET" },
    });
  });

  const settle = (isAnswered: boolean, authMethod: AuthMethod = "CLIENT_SECRET") => {
    const lost: LostApplication = {
      tenantId,
      cell: "eu-1",
      scopes,
      authMethod,
      isOtherwiseDeclared: true,
      answeredId: isAnswered ? found.applicationId : undefined,
      otherClaimOf: () => undefined,
      slot: "acme/eu-1/default",
      isKnown: () => false,
      mayDelete: false,
      remove: () => assert.fail("it was deleted"),
    };
    return settleLostApplication(api(), lost);
  };

  afterEach(() => {
    assert.equal(sandbox().control.requests().deleteTenantApplication, 0);
  });

  it("is of no use to anyone if the answer to its create was lost", async () => {
    await assert.rejects(
      settle(false),
      mentioning(found.applicationId, "tenants:replaceLostApplications true"),
    );
  });

  for (const [authMethod, credential] of [
    ["CLIENT_SECRET", "secret"],
    ["EC", "key"],
  ] as const) {
    it(`may be in use if the answer arrived, and is to be adopted with its ${credential} first`, async () => {
      await assert.rejects(settle(true, authMethod), ({ message }: Error) => {
        mentions(
          message,
          credential,
          `adopt: { applicationId: ${found.applicationId}, secretArn: `,
          "tenants -- reconcile --fix",
        );
        assert.ok(!message.includes("replaceLostApplications"), message);
        return true;
      });
    });
  }
});
