import { OrganizationTokens } from "../../provider/src/client/organization-token";
import { recordedRetries } from "./retry-policy";

const answer = {
  status: 200,
  headers: { "content-type": "application/json" },
  body: JSON.stringify({ access_token: "the-access-token", token_type: "Bearer", expires_in: 3600 }),
};

/** Makes tokens that are given without being asked for anywhere. */
export function tokensAt(tokenUrl: string): OrganizationTokens {
  return new OrganizationTokens(
    { tokenUrl, clientId: "organization-client", sign: () => Promise.resolve("an.assertion.signed") },
    { send: () => Promise.resolve(answer), close: () => Promise.resolve() },
    recordedRetries().policy,
  );
}
