import { strict as assert } from "node:assert";

import * as pulumi from "@pulumi/pulumi";
import { unknown } from "@pulumi/pulumi/output";

import { customerOf, type CustomerRecord } from "../../../provider/src/index";
import { mentioning } from "../../support/mentions";

const acme: CustomerRecord = {
  tenantId: "tenant-1",
  name: "acme",
  customerId: "CRM-1042",
  stage: "production",
  cells: ["us-1"],
  uiCells: ["us-1"],
  webUiUrls: { "us-1": "https://acme-partner.us-1.documents.resistant.ai" },
  ssoClaims: { readOnly: "tenant-1_RO", readWrite: "tenant-1_RW" },
  status: "active",
  createdBy: "github:octocat",
  createdAt: "2026-01-02T03:04:05Z",
  applications: [
    {
      cell: "us-1",
      purpose: "default",
      applicationId: "application-1",
      clientId: "0oa1",
      authMethod: "CLIENT_SECRET",
      tokenUrl: "https://eu.id.resistant.ai/oauth2/aus1/v1/token",
      secretArn: "arn:aws:secretsmanager:us-east-1:123456789012:secret:acme-AbCdEf",
      createdAt: "2026-01-02T03:04:06Z",
    },
  ],
};

/** A stack whose outputs are these. */
function stackWith(outputs: Record<string, unknown>): pulumi.StackReference {
  const stack: Pick<pulumi.StackReference, "name" | "getOutput"> = {
    name: pulumi.output("organization/resistant-tenants/prod"),
    getOutput: (name) => pulumi.output(outputs[name as string]),
  };
  return stack as pulumi.StackReference;
}

/** An output as the engine itself sees it: awaited, with the failure of an `apply`, and known or not. */
type Observed<T> = pulumi.Output<T> & { promise: () => Promise<T>; isKnown: Promise<boolean> };

const valueOf = <T>(output: pulumi.Output<T>): Promise<T> => (output as Observed<T>).promise();
const isKnown = <T>(output: pulumi.Output<T>): Promise<boolean> => (output as Observed<T>).isKnown;

describe("customerOf", function () {
  const stack = stackWith({ customers: { acme } });

  it("returns the stack's record of a customer", async () => {
    const { tenantId, record, webUiUrl } = customerOf(stack, "acme");
    assert.equal(await valueOf(tenantId), "tenant-1");
    assert.deepEqual(await valueOf(record), acme);
    assert.equal(await valueOf(webUiUrl("us-1")), acme.webUiUrls["us-1"]);
  });

  it("returns an application, with the Documents API of its stage and cell", async () => {
    assert.deepEqual(await valueOf(customerOf(stack, "acme").application("us-1")), {
      ...acme.applications[0],
      tenantId: "tenant-1",
      documentsApiUrl: "https://api.us-1.documents.resistant.ai",
    });
  });

  it("leaves out what a later version records beside", async () => {
    const later = stackWith({ customers: { acme: { ...acme, tier: "gold" } } });
    assert.deepEqual(await valueOf(customerOf(later, "acme").record), acme);
  });

  it("stays unknown while the stack's outputs are not known", async () => {
    const { tenantId, application } = customerOf(stackWith({ customers: unknown }), "acme");
    assert.equal(await isKnown(tenantId), false);
    assert.equal(await isKnown(application("us-1")), false);
  });

  const refusals: Array<[string, () => pulumi.Output<unknown>, string[]]> = [
    [
      "a stack that provisions no tenants",
      () => customerOf(stackWith({}), "acme").tenantId,
      ["resistant-tenants/prod", '"customers"', "pulumi up"],
    ],
    [
      "a customer that is not there",
      () => customerOf(stack, "globex").tenantId,
      ['"globex"', "acme", "tenants:customers"],
    ],
    [
      "a customer in a stack without any, whatever its name",
      () => customerOf(stackWith({ customers: {} }), "constructor").tenantId,
      ['"constructor"', "none"],
    ],
    [
      "a cell without an application",
      () => customerOf(stack, "acme").application("eu-1"),
      ["eu-1/default", "us-1/default", "tenants:customers"],
    ],
    [
      "a purpose without an application",
      () => customerOf(stack, "acme").application("us-1", "ingest"),
      ["us-1/ingest", "us-1/default"],
    ],
    ["a cell without a Web UI", () => customerOf(stack, "acme").webUiUrl("eu-1"), ['"eu-1"', "us-1"]],
    [
      "a record that it cannot read",
      () => customerOf(stackWith({ customers: { acme: { ...acme, tenantId: 1 } } }), "acme").tenantId,
      ["tenantId"],
    ],
  ];
  for (const [what, ask, names] of refusals) {
    it(`refuses ${what}, and says what to do`, async () => {
      await assert.rejects(valueOf(ask()), mentioning(...names));
    });
  }
});
