import { strict as assert } from "node:assert";

import type { DeclaredResource, Rule, RuleContext } from "../../policy/src/resource";
import { allowedCells } from "../../policy/src/rules/allowed-cells";
import { customerManagedKey } from "../../policy/src/rules/customer-managed-key";
import { noAllowReplace } from "../../policy/src/rules/no-allow-replace";
import { ownerAndCustomerId } from "../../policy/src/rules/owner-and-customer-id";
import { protectedTenants } from "../../policy/src/rules/protected-tenants";
import { rotatedClientSecrets } from "../../policy/src/rules/rotated-client-secrets";
import { readCustomers } from "../../policy/src/stack-configuration";

const parent = "urn:pulumi:prod::resistant-tenants::resistant:index:Customer$";

const tenant: DeclaredResource = {
  type: "pulumi-nodejs:dynamic/resistant:Tenant",
  name: "acme",
  urn: `${parent}pulumi-nodejs:dynamic/resistant:Tenant::acme`,
  props: { name: "acme", initialCells: ["eu-1"] },
  opts: { protect: true },
};
const application: DeclaredResource = {
  type: "pulumi-nodejs:dynamic/resistant:TenantApplication",
  name: "acme/eu-1/default",
  urn: `${parent}pulumi-nodejs:dynamic/resistant:TenantApplication::acme/eu-1/default`,
  props: { cell: "eu-1", authMethod: "CLIENT_SECRET" },
  opts: { protect: false },
};
const secret: DeclaredResource = {
  type: "aws:secretsmanager/secret:Secret",
  name: "acme/eu-1/default",
  urn: `${parent}aws:secretsmanager/secret:Secret::acme/eu-1/default`,
  props: { kmsKeyId: "alias/tenants", tags: { owner: "payments-team", customerId: "CRM-1042" } },
  opts: { protect: true },
};
/** A secret of the organization's own, beside the customers. */
const otherSecret: DeclaredResource = {
  ...secret,
  urn: "urn:pulumi:prod::own::aws:secretsmanager/secret:Secret::other",
  props: {},
};

const every90Days = JSON.stringify({ every: "90d" });

/** What a rule is told with these values of the stack's configuration. */
function contextOf(values: Record<string, string> = {}): RuleContext {
  return { customers: readCustomers((key) => values[key]), allowedCells: ["eu-1", "us-1"] };
}

const customersOf = (entry: object): string => JSON.stringify([{ name: "acme", cells: ["eu-1"], ...entry }]);

interface Case {
  what: string;
  resource: DeclaredResource;
  configuration?: Record<string, string>;
  /** What the rule must say of it, in this order. */
  violations?: RegExp[];
}

function judge(name: string, rule: Rule, cases: readonly Case[]): void {
  describe(name, function () {
    for (const { what, resource, configuration, violations = [] } of cases) {
      it(`${violations.length === 0 ? "accepts" : "refuses"} ${what}`, () => {
        const said = rule(resource, contextOf(configuration));
        assert.equal(said.length, violations.length, said.join("\n"));
        violations.forEach((violation, index) => {
          assert.match(said[index]!, violation);
        });
      });
    }
  });
}

describe("the rules of the policy pack", function () {
  judge("owner and customerId", ownerAndCustomerId, [
    { what: "a secret with both", resource: secret },
    {
      what: "a secret without tags",
      resource: { ...secret, props: {} },
      violations: [/"acme\/eu-1\/default" has no tag "owner": .*tenants:owner/, /no tag "customerId"/],
    },
    {
      what: "an empty owner",
      resource: { ...secret, props: { tags: { owner: " ", customerId: "CRM-1042" } } },
      violations: [/no tag "owner"/],
    },
    { what: "a secret that is no application's", resource: otherSecret },
    { what: "what is no secret", resource: tenant },
  ]);

  judge("protected tenants", protectedTenants, [
    { what: "a protected tenant", resource: tenant },
    {
      what: "one that is not",
      resource: { ...tenant, opts: { protect: false } },
      configuration: { customers: customersOf({ status: "active" }) },
      violations: [/Tenant "acme" is not protected: .*`status: deprecated`/],
    },
    {
      what: "one in a stack without customers",
      resource: { ...tenant, opts: { protect: false } },
      violations: [/is not protected/],
    },
    {
      what: "the tenant of a deprecated customer",
      resource: { ...tenant, opts: { protect: false } },
      configuration: { customers: customersOf({ status: "deprecated" }) },
    },
    { what: "an application: its safeguard holds it", resource: application },
  ]);

  judge("customer-managed key", customerManagedKey, [
    { what: "a key of one's own", resource: secret },
    {
      what: "no key",
      resource: { ...secret, props: {} },
      violations: [/encrypted with AWS's own key: set `kmsKeyId` in tenants:secrets/],
    },
    {
      what: "AWS's own by its alias",
      resource: { ...secret, props: { kmsKeyId: "alias/aws/secretsmanager" } },
      violations: [/AWS's own key/],
    },
    {
      what: "AWS's own by its alias's ARN",
      resource: {
        ...secret,
        props: { kmsKeyId: "arn:aws:kms:eu-west-1:123456789012:alias/aws/secretsmanager" },
      },
      violations: [/AWS's own key/],
    },
    { what: "a secret that is no application's", resource: otherSecret },
  ]);

  const inCell = { cell: "eu-1", purpose: "default" };
  judge("rotated client secrets", rotatedClientSecrets, [
    {
      what: "a rotation of the whole stage",
      resource: application,
      configuration: { rotation: every90Days, customers: customersOf({}) },
    },
    {
      what: "a later generation under it",
      resource: { ...application, name: "acme/eu-1/default/2" },
      configuration: { rotation: every90Days, customers: customersOf({}) },
    },
    {
      what: "a rotation of its own",
      resource: application,
      configuration: {
        customers: customersOf({ applications: [{ cell: "eu-1", rotation: { rotateAt: ["2027-01-01"] } }] }),
      },
    },
    {
      what: "the generation before a key, on its way out",
      resource: application,
      configuration: { customers: customersOf({ applications: [{ cell: "eu-1", authMethod: "RSA" }] }) },
    },
    {
      what: "no rotation",
      resource: application,
      configuration: { customers: customersOf({}) },
      violations: [/"acme\/eu-1\/default" has a client secret that is never rotated: .*tenants:rotation/],
    },
    {
      what: "none of its own, in a stage that rotates",
      resource: application,
      configuration: {
        rotation: every90Days,
        customers: customersOf({ applications: [{ ...inCell, rotation: "none" }] }),
      },
      violations: [/never rotated/],
    },
    {
      what: "a rotation that never comes due",
      resource: application,
      configuration: { rotation: '{"changes":"immediately"}', customers: customersOf({}) },
      violations: [/never rotated/],
    },
    {
      what: "a client secret in a stack of one's own, by default",
      resource: { ...application, name: "acme-eu", props: { cell: "eu-1" } },
      violations: [/use a key \(authMethod: RSA or EC\)/],
    },
    { what: "a key", resource: { ...application, props: { cell: "eu-1", authMethod: "EC" } } },
    { what: "what is no application", resource: tenant },
  ]);

  judge("allowed cells", allowedCells, [
    { what: "an application in one", resource: application },
    {
      what: "an application in another",
      resource: { ...application, props: { cell: "ap-2" } },
      violations: [/Application "acme\/eu-1\/default" is in cell ap-2, and only eu-1, us-1 are allowed/],
    },
    {
      what: "a tenant with its Web UI in others",
      resource: { ...tenant, props: { cells: ["eu-1", "ap-2"], initialCells: ["ap-3"] } },
      violations: [/Tenant "acme" is in cell ap-2/, /Tenant "acme" is in cell ap-3/],
    },
    { what: "a tenant without cells: the API's default is eu-1", resource: { ...tenant, props: {} } },
    { what: "what has no cell", resource: { ...secret, props: { cell: "ap-2" } } },
  ]);

  judge("no allowReplace", noAllowReplace, [
    { what: "a tenant without it", resource: tenant },
    { what: "a tenant where it is false", resource: { ...tenant, props: { allowReplace: false } } },
    {
      what: "a tenant with it",
      resource: { ...tenant, props: { allowReplace: true } },
      violations: [/Tenant "acme" has allowReplace: .*Take it out/],
    },
    { what: "what is no tenant", resource: { ...application, props: { allowReplace: true } } },
  ]);
});
