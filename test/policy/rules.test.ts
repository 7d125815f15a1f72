import { strict as assert } from "node:assert";

import { policyConfigSchema } from "../../policy/src/policy-config";
import type { DeclaredResource, Rule, RuleContext, StackRule } from "../../policy/src/resource";
import { awsAccount } from "../../policy/src/rules/aws-account";
import { rotatedClientSecrets } from "../../policy/src/rules/rotated-client-secrets";
import {
  customerManagedKey,
  ownerAndCustomerId,
  readerAccounts,
  recoveryWindow,
} from "../../policy/src/rules/secrets";
import {
  auditLogGroup,
  journal,
  noReplaceLostApplications,
  secretsProvider,
  vendorHosts,
} from "../../policy/src/rules/stack-settings";
import { allowedCells, noAllowReplace, protectedTenants } from "../../policy/src/rules/tenants";
import { readCustomers } from "../../policy/src/stack-configuration";
import { mentions } from "../support/mentions";

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
function contextOf(values: Record<string, string> = {}, policyConfig: object = {}): RuleContext {
  const setting = (key: string): string | undefined => values[key];
  return {
    customers: readCustomers(setting, filesOf(values["files"])),
    setting,
    awsSetting: (key) => values[`aws:${key}`],
    allowedHosts: ["proxy.example:8443"],
    policyConfig: policyConfigSchema.parse({ cells: ["eu-1", "us-1"], ...policyConfig }),
    secretsProvider: values["secretsprovider"],
    now: new Date("2026-11-26T00:00:00Z"),
  };
}

/** The entries of files of customers, as JSON. */
const filesOf = (files: string | undefined): unknown[] => JSON.parse(files ?? "[]") as unknown[];

const customersOf = (entry: object): string => JSON.stringify([{ name: "acme", cells: ["eu-1"], ...entry }]);

interface Case {
  what: string;
  resource: DeclaredResource;
  configuration?: Record<string, string>;
  policyConfig?: object;
  /** What each violation must mention, in their order. */
  violations?: string[][];
}

function judge(name: string, rule: Rule, cases: readonly Case[]): void {
  describe(name, function () {
    for (const { what, resource, configuration, policyConfig, violations = [] } of cases) {
      it(`${violations.length === 0 ? "accepts" : "refuses"} ${what}`, () => {
        const said = rule(resource, contextOf(configuration, policyConfig));
        assert.equal(said.length, violations.length, said.join("\n"));
        violations.forEach((violation, index) => {
          mentions(said[index], ...violation);
        });
      });
    }
  });
}

/** Judges the configuration of a stack: its values, and what the one violation must mention, none where all is well. */
function judgeStack(
  name: string,
  rule: StackRule,
  cases: ReadonlyArray<{
    values: Record<string, string>;
    policyConfig?: object;
    violation?: string[];
  }>,
): void {
  describe(name, function () {
    for (const { values, policyConfig, violation } of cases) {
      it(`${violation === undefined ? "accepts" : "refuses"} ${JSON.stringify(values)}`, () => {
        const said = rule(contextOf(values, policyConfig));
        assert.equal(said.length, violation === undefined ? 0 : 1, said.join("\n"));
        if (violation !== undefined) mentions(said[0], ...violation);
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
      violations: [["acme/eu-1/default", '"owner"', "tenants:owner"], ['"customerId"']],
    },
    {
      what: "an empty owner",
      resource: { ...secret, props: { tags: { owner: " ", customerId: "CRM-1042" } } },
      violations: [['"owner"']],
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
      violations: [['"acme"', "protect: true", "status: deprecated"]],
    },
    {
      what: "one in a stack without customers",
      resource: { ...tenant, opts: { protect: false } },
      violations: [['"acme"', "protect: true"]],
    },
    {
      what: "the tenant of a deprecated customer",
      resource: { ...tenant, opts: { protect: false } },
      configuration: { customers: customersOf({ status: "deprecated" }) },
    },
    {
      what: "the tenant of a customer that is deprecated in a file of its own",
      resource: { ...tenant, opts: { protect: false } },
      configuration: { files: customersOf({ status: "deprecated" }) },
    },
    { what: "an application: its safeguard holds it", resource: application },
  ]);

  judge("customer-managed key", customerManagedKey, [
    { what: "a key of one's own", resource: secret },
    {
      what: "no key",
      resource: { ...secret, props: {} },
      violations: [["acme/eu-1/default", "kmsKeyId", "tenants:secrets"]],
    },
    {
      what: "AWS's own by its alias",
      resource: { ...secret, props: { kmsKeyId: "alias/aws/secretsmanager" } },
      violations: [["kmsKeyId"]],
    },
    {
      what: "AWS's own by its alias's ARN",
      resource: {
        ...secret,
        props: { kmsKeyId: "arn:aws:kms:eu-west-1:123456789012:alias/aws/secretsmanager" },
      },
      violations: [["kmsKeyId"]],
    },
    ...["ALIAS/AWS/secretsmanager", "alias/aws/ebs"].map((kmsKeyId) => ({
      what: `AWS's own as ${kmsKeyId}`,
      resource: { ...secret, props: { kmsKeyId } },
      violations: [["kmsKeyId"]],
    })),
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
      what: "a rotation of the whole stage, of a customer in a file",
      resource: application,
      configuration: { rotation: every90Days, files: customersOf({}) },
    },
    {
      what: "none of its own, of a customer in a file",
      resource: application,
      configuration: {
        rotation: every90Days,
        files: customersOf({ applications: [{ cell: "eu-1", rotation: "none" }] }),
      },
      violations: [["tenants:rotation"]],
    },
    {
      what: "a rotation of its own",
      resource: application,
      configuration: {
        customers: customersOf({ applications: [{ cell: "eu-1", rotation: { rotateAt: ["2027-01-01"] } }] }),
      },
    },
    {
      what: "a date that stood without quotes",
      resource: application,
      configuration: {
        rotation: '{"rotateAt":["2027-01-01 00:00:00 +0000 UTC"]}',
        customers: customersOf({}),
      },
    },
    {
      what: "a date decades away",
      resource: application,
      configuration: { rotation: '{"rotateAt":["2099-01-01"]}', customers: customersOf({}) },
      violations: [["365 days", "rotateAt"]],
    },
    {
      what: "dates that have all gone by",
      resource: application,
      configuration: { rotation: '{"rotateAt":["2026-11-25"]}', customers: customersOf({}) },
      violations: [["365 days", "rotateAt"]],
    },
    {
      what: "an age of many years",
      resource: application,
      configuration: { rotation: '{"every":"9999d"}', customers: customersOf({}) },
      violations: [["365d"]],
    },
    {
      what: "an age beyond a stricter limit",
      resource: application,
      configuration: { rotation: every90Days, customers: customersOf({}) },
      policyConfig: { maxDays: 30 },
      violations: [["30 days", "rotateAt"]],
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
      violations: [["acme/eu-1/default", "tenants:rotation"]],
    },
    {
      what: "none of its own, in a stage that rotates",
      resource: application,
      configuration: {
        rotation: every90Days,
        customers: customersOf({ applications: [{ ...inCell, rotation: "none" }] }),
      },
      violations: [["tenants:rotation"]],
    },
    {
      what: "a rotation that never comes due",
      resource: application,
      configuration: { rotation: '{"changes":"immediately"}', customers: customersOf({}) },
      violations: [["tenants:rotation"]],
    },
    {
      what: "a client secret in a stack of one's own, by default",
      resource: { ...application, name: "acme-eu", props: { cell: "eu-1" } },
      violations: [["tenants:rotation", "authMethod: RSA or EC"]],
    },
    { what: "a key", resource: { ...application, props: { cell: "eu-1", authMethod: "EC" } } },
    { what: "what is no application", resource: tenant },
  ]);

  judge("allowed cells", allowedCells, [
    { what: "an application in one", resource: application },
    {
      what: "an application in another",
      resource: { ...application, props: { cell: "ap-2" } },
      violations: [["acme/eu-1/default", "ap-2", "eu-1, us-1", "allowed-cells"]],
    },
    {
      what: "a tenant with its Web UI in others",
      resource: { ...tenant, props: { cells: ["eu-1", "ap-2"], initialCells: ["ap-3"] } },
      violations: [
        ['"acme"', "ap-2"],
        ['"acme"', "ap-3"],
      ],
    },
    { what: "a tenant without cells: the API's default is eu-1", resource: { ...tenant, props: {} } },
    { what: "what has no cell", resource: { ...secret, props: { cell: "ap-2" } } },
  ]);

  const readBy = (...arns: string[]): DeclaredResource => ({
    ...secret,
    props: { policy: JSON.stringify({ Condition: { ArnEquals: { "aws:PrincipalArn": arns } } }) },
  });
  judge("reader accounts", readerAccounts, [
    { what: "a secret without a resource policy", resource: secret },
    {
      what: "a role of an allowed account",
      resource: readBy("arn:aws:iam::123456789012:role/documents"),
      policyConfig: { accounts: ["123456789012"] },
    },
    {
      what: "another account's role",
      resource: readBy("arn:aws:iam::123456789012:role/a", "arn:aws-us-gov:iam::999999999999:role/b"),
      policyConfig: { accounts: ["123456789012"] },
      violations: [["acme/eu-1/default", "999999999999"]],
    },
    ...[
      ["an ARN in upper case", "ARN:AWS:IAM::999999999999:ROLE/B", "999999999999"],
      ["an assumed role", "arn:aws:sts::999999999999:assumed-role/b/session", "999999999999"],
      ["a whole account", "999999999999", "999999999999"],
      ["every account", "arn:aws:iam::*:role/b", "*"],
    ].map(([what = "", reader = "", account = ""]) => ({
      what,
      resource: readBy("arn:aws:iam::123456789012:role/a", reader),
      policyConfig: { accounts: ["123456789012"] },
      violations: [["acme/eu-1/default", account]],
    })),
    {
      what: "any role while no account is allowed",
      resource: readBy("arn:aws:iam::123456789012:role/a", "arn:aws:iam::123456789012:role/b"),
      violations: [["123456789012"]],
    },
    {
      what: "a secret that is no application's",
      resource: { ...otherSecret, props: readBy("arn:aws:iam::123456789012:role/a").props },
    },
  ]);

  const withWindow = (recoveryWindowInDays?: number): DeclaredResource => ({
    ...secret,
    props: recoveryWindowInDays === undefined ? {} : { recoveryWindowInDays },
  });
  judge("recovery window", recoveryWindow, [
    { what: "AWS's own window", resource: withWindow() },
    { what: "the shortest window", resource: withWindow(7) },
    { what: "no window", resource: withWindow(0), violations: [["0 days", "7", "recoveryWindowInDays"]] },
    {
      what: "one shorter than a stricter rule",
      resource: withWindow(14),
      policyConfig: { minDays: 30 },
      violations: [["14 days", "30"]],
    },
    { what: "a secret that is no application's", resource: { ...otherSecret, props: withWindow(0).props } },
  ]);

  judgeStack("no replaceLostApplications", noReplaceLostApplications, [
    { values: {} },
    { values: { replaceLostApplications: "false" } },
    {
      values: { replaceLostApplications: "true" },
      violation: ["pulumi config rm tenants:replaceLostApplications"],
    },
  ]);

  const inProduction = { stage: "production", journal: "ftp://no-concern-of-this-rule" };
  const inTesting = { stage: "testing" };
  judgeStack("vendor hosts", vendorHosts, [
    { values: inProduction },
    { values: { ...inProduction, apiUrl: "https://proxy.example:8443/v0" } },
    {
      values: {
        ...inTesting,
        apiUrl: "http://127.0.0.1:4000/v0",
        "aws:endpoints": '[{"s3":"http://x.test"}]',
      },
    },
    {
      values: { ...inProduction, apiUrl: "https://api.tenants.resistant.ai.evil.example/v0" },
      violation: [
        "tenants:apiUrl",
        "https://api.tenants.resistant.ai.evil.example/v0",
        "TENANTS_ALLOWED_HOSTS='proxy.example:8443,api.tenants.resistant.ai.evil.example'",
      ],
    },
    {
      values: { ...inProduction, tokenUrl: "https://10.0.0.1/token" },
      violation: ["tenants:tokenUrl", "https://10.0.0.1/token"],
    },
    {
      values: { ...inTesting, apiUrl: "https://api.tenants.resistant.ai/v0" },
      violation: ["tenants:apiUrl", "production"],
    },
    {
      values: { ...inProduction, "aws:endpoints": '[{"secretsmanager":"https://evil.example"}]' },
      violation: ["aws:endpoints[0].secretsmanager", "https://evil.example"],
    },
  ]);

  judgeStack("AWS account", awsAccount, [
    { values: { "aws:region": "eu-west-1" } },
    { values: { "aws:assumeRoles": "[]", "aws:profile": "" } },
    ...[
      "accessKey",
      "assumeRole",
      "assumeRoles",
      "assumeRoleWithWebIdentity",
      "profile",
      "secretKey",
      "token",
    ].map((key) => ({
      values: { [`aws:${key}`]: "x" },
      violation: [`(aws:${key})`, "aws:allowedAccountIds"],
    })),
    {
      values: { "aws:profile": "x", "aws:allowedAccountIds": '["999999999999"]' },
      policyConfig: { accounts: ["111111111111"] },
      violation: ["aws:allowedAccountIds", "111111111111"],
    },
    {
      values: { "aws:profile": "x", "aws:allowedAccountIds": '["111111111111","999999999999"]' },
      policyConfig: { accounts: ["111111111111"] },
      violation: ["aws:allowedAccountIds", "111111111111"],
    },
    ...["[]", "111111111111", "{}", "no JSON"].map((ids) => ({
      values: { "aws:profile": "x", "aws:allowedAccountIds": ids },
      policyConfig: { accounts: ["111111111111"] },
      violation: ["aws:allowedAccountIds"],
    })),
    {
      values: { "aws:assumeRoles": "[{}]", "aws:allowedAccountIds": '["111111111111"]' },
      policyConfig: { accounts: ["111111111111"] },
    },
  ]);

  judgeStack("journal", journal, [
    { values: { journal: "s3://journals/tenants" } },
    { values: {}, violation: ["s3://"] },
    { values: { journal: "journal.jsonl" }, violation: ["journal.jsonl"] },
    {
      values: { journal: "s3://elsewhere/tenants" },
      policyConfig: { locations: ["s3://journals/"] },
      violation: ["s3://elsewhere/tenants", "s3://journals/"],
    },
    { values: { journal: "s3://journals/tenants" }, policyConfig: { locations: ["s3://journals"] } },
    { values: { journal: "s3://journals" }, policyConfig: { locations: ["s3://journals"] } },
    ...["s3://journals-of-others/tenants", "S3://journals/x"].map((journal) => ({
      values: { journal },
      policyConfig: { locations: ["s3://journals"] },
      violation: ["s3://journals"],
    })),
    { values: { journal: "/journals/x" }, policyConfig: { locations: ["/journals/"] } },
    {
      values: { journal: "/journals/../tmp/x" },
      policyConfig: { locations: ["/journals/"] },
      violation: ["/journals/../tmp/x", "/journals/"],
    },
  ]);

  judgeStack("audit log group", auditLogGroup, [
    { values: { auditLogGroup: "tenants" } },
    { values: {}, violation: ["tenants:auditLogGroup"] },
    { values: { auditLogGroup: "" }, violation: ["tenants:auditLogGroup"] },
  ]);

  judgeStack("secrets provider", secretsProvider, [
    { values: { secretsprovider: "awskms://alias/tenants?region=eu-west-1" } },
    { values: { secretsprovider: "service" } },
    {
      values: { secretsprovider: "passphrase" },
      violation: ["passphrase", "change-secrets-provider"],
    },
    {
      values: { secretsprovider: "awskms://alias/tenants-of-others?region=eu-west-1" },
      policyConfig: { providers: ["awskms://alias/tenants"] },
      violation: ["awskms", "awskms://alias/tenants"],
    },
    {
      values: { secretsprovider: "awskms://alias/tenants?region=eu-west-1" },
      policyConfig: { providers: ["awskms://alias/tenants"] },
    },
    { values: {}, violation: ["folder"] },
    {
      values: { secretsprovider: "gcpkms://key" },
      policyConfig: { providers: ["awskms://"] },
      violation: ["gcpkms", "awskms://"],
    },
  ]);

  judge("no allowReplace", noAllowReplace, [
    { what: "a tenant without it", resource: tenant },
    { what: "a tenant where it is false", resource: { ...tenant, props: { allowReplace: false } } },
    {
      what: "a tenant with it",
      resource: { ...tenant, props: { allowReplace: true } },
      violations: [['"acme"', "allowReplace"]],
    },
    { what: "what is no tenant", resource: { ...application, props: { allowReplace: true } } },
  ]);
});
