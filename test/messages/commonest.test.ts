import { strict as assert } from "node:assert";

import { TenantManagementError } from "../../provider/src/client/errors";
import { OrganizationTokens } from "../../provider/src/client/organization-token";
import { openClock } from "../../provider/src/settings/clock";
import { reasonForChange } from "../../provider/src/settings/reason";
import { describeProblems } from "../../provider/src/settings/settings";
import { readConfiguration } from "../../stacks/src/configuration/configuration";
import { refusalOf } from "../support/failure";
import { recordedRetries } from "../support/retry-policy";
import { json, scriptedTransport, type Step } from "../support/scripted-api";

const tokenUrl = "https://eu.id.resistant.ai/oauth2/organization/v1/token";
const acme = { name: "acme", customerId: "CRM-1", cells: ["eu-1"] };

/** Returns the refusal of a stack's configuration. */
function ofConfiguration(values: Record<string, string>): () => string {
  return () => {
    const right = { stage: "production", tokenUrl, customers: JSON.stringify([acme]) };
    const read = readConfiguration(new Map(Object.entries({ ...right, ...values })));
    throw new Error("problems" in read ? describeProblems(read.problems) : "nothing");
  };
}

const ofCustomer = (customer: Record<string, unknown>): (() => string) =>
  ofConfiguration({ customers: JSON.stringify([{ ...acme, ...customer }]) });

/** Returns the refusal of a token request. */
function ofToken(step: Step): () => Promise<string> {
  const client = {
    tokenUrl,
    clientId: "organization-client",
    sign: () => Promise.resolve("an.assertion.signed"),
  };
  return () =>
    new OrganizationTokens(client, scriptedTransport([step]).transport, recordedRetries().policy).get();
}

const problem = "The stack configuration has 1 problem; nothing was changed:\n  - ";

/**
 * The exact texts of the ten most common errors: what users see when something fails. Other tests
 * assert codes, ids and names.
 */
const commonest: Record<string, { cause: () => unknown; text: string }> = {
  "a customer without its id": {
    cause: ofCustomer({ customerId: undefined }),
    text: `${problem}customer "acme" (customers[0]): customerId: must be given: your own identifier of the customer`,
  },
  "an invalid customer name": {
    cause: ofCustomer({ name: "ACME Inc" }),
    text: `${problem}customer "ACME Inc" (customers[0]): name: "ACME Inc" must be 1 to 61 lower-case letters and digits: it becomes the tenant's name`,
  },
  "a cell that the stage does not have": {
    cause: ofCustomer({ cells: ["eu-3"] }),
    text: `${problem}customer "acme" (customers[0]): cells[0]: "eu-3" is not a cell of stage production; it has eu-1, us-1, ca-1, ap-2, ap-3; did you mean eu-1?`,
  },
  "an unknown key": {
    cause: ofCustomer({ colour: "red" }),
    text: `${problem}customer "acme" (customers[0]): colour: is not a known key: remove it, or correct its name`,
  },
  "an unknown stage": {
    cause: ofConfiguration({ stage: "prod" }),
    text: `${problem}tenants:stage: "prod" must be one of testing, production`,
  },
  "a host other than the vendor's": {
    cause: ofConfiguration({ apiUrl: "https://api.evil.example/v0" }),
    text: `${problem}tenants:apiUrl: is "https://api.evil.example/v0", at a host that stage production does not allow. Remove it to use the vendor's (https://api.tenants.resistant.ai/v0). If you are sure of this host, allow it in the environment of this command (the configuration cannot): export TENANTS_ALLOWED_HOSTS='api.evil.example'`,
  },
  "a sandbox's clock against the vendor": {
    cause: () => openClock("https://api.tenants.resistant.ai/v0", { TENANTS_NOW: "2027-01-01T00:00:00Z" }),
    text: "The environment variable TENANTS_NOW sets the clock only against a sandbox, but tenants:apiUrl is https://api.tenants.resistant.ai/v0. Nothing was changed. Run `unset TENANTS_NOW`, then the same command again.",
  },
  "a change without a reason": {
    cause: () => reasonForChange({ stage: "production" }, {}),
    text: 'In production each change needs a reason, but none is given. Nothing was sent. State the reason, and run the same command again: export TENANTS_REASON="<ticket or sentence>" (or pulumi config set tenants:reason "<ticket or sentence>").',
  },
  "a client that the authorization server does not recognize": {
    cause: ofToken(json({ error: "invalid_client", error_description: "The client is not known." }, 401)),
    text: "The organization's authorization server returned no token to client organization-client (status 401): invalid_client: The client is not known. Check tenants:tokenUrl, tenants:clientId, tenants:keyId, and that the vendor knows the public half of the organization's key. If the configuration changed since the last `pulumi up`, add --run-program to `pulumi refresh` or `pulumi destroy`: without it they use that `up`'s configuration.",
  },
  "an authorization server that cannot be reached": {
    cause: ofToken(
      new TenantManagementError("NOT_SENT", "the connection to eu.id.resistant.ai was refused", {
        isPermanent: true,
      }),
    ),
    text: `The organization's authorization server did not answer: the connection to eu.id.resistant.ai was refused. Check tenants:tokenUrl (${tokenUrl}) and the network.`,
  },
};

describe("the texts of the ten most common errors", () => {
  for (const [what, { cause, text }] of Object.entries(commonest)) {
    it(`of ${what}`, async () => {
      assert.equal(await refusalOf(cause), text);
    });
  }
});
