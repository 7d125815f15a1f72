import assert from "node:assert/strict";

import { TenantManagementApi } from "../../../provider/src/client/api";
import { OrganizationTokens } from "../../../provider/src/client/organization-token";
import { createTransport } from "../../../provider/src/client/transport";
import { useServer } from "../../support/http-server";
import { recordedRetries } from "../../support/retry-policy";

describe("client: the headers of its requests", () => {
  const server = useServer();
  const transport = createTransport();
  after(() => transport.close());

  it("name the client, and give exact media types", async () => {
    server.answerWith((request, response) => {
      response.setHeader("content-type", "application/json");
      response.end(
        request.url === "/token"
          ? JSON.stringify({ access_token: "t", token_type: "Bearer", expires_in: 3600 })
          : JSON.stringify({
              id: "t-1",
              name: "acme",
              created: "2030-01-01",
              updated: "2030-01-01",
              cells: [],
            }),
      );
    });
    const { policy: retryPolicy } = recordedRetries();
    const sign = (): Promise<string> => Promise.resolve("an.assertion.signed");
    const client = { tokenUrl: server.url("/token").href, clientId: "organization-client", sign };
    const tokens = new OrganizationTokens(client, transport, retryPolicy);
    const apiUrl = server.url("/v0").href;
    await new TenantManagementApi({ stage: "testing", apiUrl, tokens, transport, retryPolicy }).createTenant({
      name: "acme",
    });
    assert.deepEqual(
      server.requests.map(({ headers }) => [headers["user-agent"], headers["content-type"]]),
      [
        ["pulumi-resistant-tenants", "application/x-www-form-urlencoded"],
        ["pulumi-resistant-tenants", "application/json"],
      ],
    );
  });
});
