import { strict as assert } from "node:assert";
import { readFileSync } from "node:fs";
import path from "node:path";

import { beyondRotation } from "../../../operations/src/preview/rotation-gate";
import {
  type Preview,
  readPreview,
  type ResourceState,
  type Step,
} from "../../../operations/src/preview/step";
import { summaryOf } from "../../../operations/src/preview/summary";
import type { PlanReport } from "../../../stacks/src/plan";

/** What the engine wrote of a stack in production with a client secret and a key, on the day of a rotation, and a week later. */
const fileOf = (name: string): string => path.join(__dirname, "previews", `${name}.json`);

const application = "pulumi-nodejs:dynamic/resistant:TenantApplication";
const key = "pulumi-nodejs:dynamic/resistant:SigningKey";
const tenant = "pulumi-nodejs:dynamic/resistant:Tenant";
const secret = "aws:secretsmanager/secret:Secret";
const version = "aws:secretsmanager/secretVersion:SecretVersion";
const generation = "resistant:index:Generation";
const customer = "resistant:index:Customer";
const safeguard = "resistant:index:Safeguard";

/** Changes a copy of a preview. */
type Attack = (preview: Preview & { report: PlanReport }) => void;

const find = ({ steps }: Preview, type: string, name: string): Step => {
  const found = steps.find((step) => step.type === type && step.name === name);
  assert.ok(found, `no ${type} ${name}`);
  return found;
};
const newState = (preview: Preview, type: string, name: string): ResourceState =>
  find(preview, type, name).after!;
/** Gives a resource's state another option, as the engine would store it. */
const withOption =
  (type: string, name: string, options: Record<string, unknown>): Attack =>
  (preview) => {
    const state = newState(preview, type, name);
    Object.assign(state.options, options);
    if (options["protect"] !== undefined) state.protect = options["protect"] === true;
    if (typeof options["provider"] === "string") state.provider = options["provider"];
  };
const withInput =
  (type: string, name: string, inputs: Record<string, unknown>): Attack =>
  (preview) => {
    const step = find(preview, type, name);
    Object.assign(step.after!.inputs, inputs);
    Object.assign(step.inputs, inputs);
  };
const add =
  (step: Partial<Step> & { operation: string; type: string; name: string }): Attack =>
  (preview) => {
    const state = {
      type: step.type,
      inputs: {},
      outputs: {},
      protect: false,
      provider: undefined,
      options: {},
    };
    const urn = `urn:pulumi:prod::resistant-tenants::${step.type}::${step.name}`;
    preview.steps.push({
      urn,
      inputs: {},
      ...(step.operation === "delete" ? { before: state } : { after: state }),
      ...step,
    });
  };
/** Lets the engine call another word for what it does. */
const called =
  (operation: string, type: string, name: string): Attack =>
  (preview) => {
    find(preview, type, name).operation = operation;
  };
const without =
  (type: string, name: string): Attack =>
  (preview) => {
    preview.steps.splice(preview.steps.indexOf(find(preview, type, name)), 1);
  };
const reporting =
  (change: Partial<PlanReport>): Attack =>
  ({ report }) => {
    Object.assign(report, change);
  };

const plain = "acme/eu-1/default";
const keyed = "acme/eu-1/keyed";
const other = `urn:pulumi:prod::resistant-tenants::${customer}$${application}::globex/eu-1/default`;

/** Adds a copy of a step, elsewhere in the stack, that is otherwise made. */
const namesake =
  (type: string, name: string, change: (copy: Step) => void): Attack =>
  (preview) => {
    const copy = structuredClone(find(preview, type, name));
    copy.urn = copy.urn.replace("resistant:index:Customer$", "other:index:Place$");
    change(copy);
    preview.steps.push(copy);
  };

const attacksOnRotation: Record<string, Attack> = {
  "a second application of the same name, with a stranger's key": namesake(
    application,
    `${plain}/2`,
    ({ inputs, after }) => {
      for (const each of [inputs, after!.inputs]) each["publicKey"] = "-----BEGIN PUBLIC KEY-----";
    },
  ),
  "a second application of the same name and place": (preview) => {
    const copy = structuredClone(find(preview, application, `${plain}/2`));
    copy.after!.inputs["scopes"] = ["x"];
    preview.steps.push(copy);
  },
  "a second secret of the same name": namesake(secret, plain, ({ before, after }) => {
    for (const each of [before!, after!]) each.outputs["arn"] = "arn:aws:secretsmanager:x";
  }),
  "an application of the name that is a part of nothing": withOption(application, `${plain}/2`, {
    parent: undefined,
  }),
  "a component whose type ends as the customer's": withOption(generation, `${plain}/2`, {
    parent: "urn:pulumi:prod::resistant-tenants::x-resistant:index:Customer::acme",
  }),
  "a refresh of a secret that others can read": (preview) => {
    withInput(secret, plain, { policy: "{}" })(preview);
    called("refresh", secret, plain)(preview);
  },
  "what stays, and is not there": (preview) => {
    const step = find(preview, application, `${plain}/2`);
    step.operation = "same";
  },
  "more scopes": withInput(application, `${plain}/2`, { scopes: ["documents.submissions.read", "x"] }),
  "fewer scopes": withInput(application, `${plain}/2`, { scopes: ["documents.submissions.read"] }),
  "another cell": withInput(application, `${plain}/2`, { cell: "us-1" }),
  "another tenant": withInput(application, `${plain}/2`, {
    tenantId: "7f6fbb3e-4b0e-4cf8-9f7b-0f3e4a1f2c11",
  }),
  "another method": withInput(application, `${plain}/2`, { authMethod: "RSA" }),
  "a stranger's public key": withInput(application, `${keyed}/2`, {
    publicKey: "-----BEGIN PUBLIC KEY-----",
  }),
  "a public key for a client secret": withInput(application, `${plain}/2`, { publicKey: "x", keyId: "y" }),
  "another key id": withInput(application, `${keyed}/2`, { keyId: "mine" }),
  "an adoption": withInput(application, `${plain}/2`, { adopt: { applicationId: "x" } }),
  "an unknown input": withInput(application, `${plain}/2`, { audience: "x" }),
  "a slot of another name": withInput(application, `${plain}/2`, {
    slot: { name: plain, stack: "organization/resistant-tenants/prod" },
  }),
  "a slot of another stack": withInput(application, `${plain}/2`, {
    slot: { name: `${plain}/2`, stack: "organization/x/dev" },
  }),
  "other code for an application": withInput(application, `${plain}/2`, {
    __provider: "exports.handler=evil",
  }),
  "other code for a key": withInput(key, `${keyed}/2`, { __provider: "exports.handler=evil" }),
  "a weaker key": withInput(key, `${keyed}/2`, { algorithm: "RS256", modulusLength: 2048 }),
  "a key that is adopted": withInput(key, `${keyed}/2`, { adopt: "arn" }),
  "another secret": withInput(version, `${plain}/2`, {
    secretId: "arn:aws:secretsmanager:eu-west-1:999999999999:secret:x",
  }),
  "another region": withInput(version, `${plain}/2`, { region: "us-east-1" }),
  "other version stages": withInput(version, `${plain}/2`, { versionStages: ["AWSPENDING"] }),
  "a value that is known": withInput(version, `${plain}/2`, { secretString: "{}" }),
  "a binary value": withInput(version, `${plain}/2`, { secretBinary: "AAAA" }),
  "a value of another application": withOption(version, `${plain}/2`, {
    propertyDependencies: { secretString: [other] },
  }),
  "a value of the old application": withOption(version, `${plain}/2`, {
    propertyDependencies: { secretString: [other.replace("globex", "acme")] },
  }),
  "a dependency on another customer": withOption(application, `${plain}/2`, { dependencies: [other] }),
  "another provider for an application": withOption(application, `${plain}/2`, { provider: "urn:x::id" }),
  "another provider for a key": withOption(key, `${keyed}/2`, { provider: "urn:x::id" }),
  "another provider for a value": withOption(version, `${plain}/2`, { provider: "urn:x::id" }),
  "an application that is kept when it is deleted": withOption(application, `${plain}/2`, {
    retainOnDelete: true,
  }),
  "an application that goes with another": withOption(application, `${plain}/2`, { deletedWith: other }),
  "an application that is protected": withOption(application, `${plain}/2`, { protect: true }),
  "a client secret that is none": withOption(application, `${plain}/2`, { additionalSecretOutputs: [] }),
  "a private key that is no secret": withOption(key, `${keyed}/2`, { additionalSecretOutputs: [] }),
  "inputs that are ignored": withOption(application, `${plain}/2`, { ignoreChanges: ["scopes"] }),
  "an alias": withOption(application, `${plain}/2`, { aliases: [other] }),
  "an import": withOption(application, `${plain}/2`, { importID: "x" }),
  "a hook": withOption(application, `${plain}/2`, { resourceHooks: { afterCreate: ["x"] } }),
  "another customer's place": withOption(generation, `${plain}/2`, {
    parent: "urn:pulumi:prod::resistant-tenants::resistant:index:Customer::globex",
  }),
  "a third generation": add({ operation: "create", type: generation, name: `${plain}/3` }),
  "a generation below another": add({ operation: "create", type: generation, name: `${plain}/2/3` }),
  "a generation of nothing": add({ operation: "create", type: generation, name: "globex/eu-1/default/2" }),
  "an application beside it": add({ operation: "create", type: application, name: "acme/eu-1/other" }),
  "a customer": add({ operation: "create", type: customer, name: "globex" }),
  "a tenant": add({ operation: "create", type: tenant, name: "globex" }),
  "a secret": add({ operation: "create", type: secret, name: "globex/eu-1/default" }),
  "a resource of another kind": add({ operation: "create", type: "aws:iam/role:Role", name: "x" }),
  "a component of another kind": add({ operation: "create", type: "x:index:X", name: `${plain}/2` }),
  "a provider": add({ operation: "create", type: "pulumi:providers:aws", name: "other" }),
  "something that is read": add({ operation: "read", type: secret, name: "x" }),
  "a call": add({ operation: "a-word-of-tomorrow", type: secret, name: "x" }),
  "an update of a secret": called("update", secret, plain),
  "a replacement of a tenant": called("replace", tenant, "acme"),
  "a replacement of a new application": called("create-replacement", application, `${plain}/2`),
  "an import of a new application": called("import", application, `${plain}/2`),
  "the end of an old application": called("delete", application, plain),
  "the end of a safeguard": called("delete", safeguard, plain),
  "the end of a customer": called("delete", customer, "acme"),
  "no secret": without(secret, plain),
  "no old application": without(application, plain),
  "no new application": without(application, `${plain}/2`),
  "no protection of a tenant": withOption(tenant, "acme", { protect: false }),
  "no protection of a safeguard": withOption(safeguard, plain, { protect: false }),
  "a tenant that is forgotten": withOption(tenant, "acme", { retainOnDelete: true }),
  "a secret whose changes are ignored": withOption(secret, plain, { ignoreChanges: ["policy"] }),
  "a secret in other hands": withOption(secret, plain, { provider: "urn:x::id" }),
  "a tenant below another component": withOption(tenant, "acme", { parent: "urn:x" }),
  "a stored value that is deleted with its resource": withOption(version, plain, { retainOnDelete: false }),
  "a safeguard that holds nothing": withOption(safeguard, plain, { dependencies: [] }),
  "an application that depends on no secret": withOption(application, plain, {
    dependencies: [],
    propertyDependencies: {},
  }),
  "other tags": withInput(secret, plain, { tags: { owner: "x" } }),
  "other readers": withInput(secret, plain, { policy: "{}" }),
  "another KMS key": withInput(secret, plain, { kmsKeyId: "alias/x" }),
  "a replica": withInput(secret, plain, { replicas: [{ region: "us-east-1" }] }),
  "a shorter window": withInput(secret, plain, { recoveryWindowInDays: 0 }),
  "a secret in another region": withInput(secret, plain, { region: "us-east-1" }),
  "other cells": withInput(tenant, "acme", { initialCells: ["us-1"] }),
  allowReplace: withInput(tenant, "acme", { allowReplace: true }),
  "a setting": reporting({ settings: [{ setting: "journal", before: "a", after: "b" }] }),
  "a setting that is secret": reporting({ settings: [{ setting: "auditLogGroup", isSecret: true }] }),
  "another package version": reporting({
    settings: [{ setting: "package version", before: "1", after: "2" }],
  }),
  "another secrets provider": reporting({
    settings: [{ setting: "secrets provider", before: "awskms://x", after: "passphrase" }],
  }),
  "another AWS role": reporting({ settings: [{ setting: "aws:assumeRoles", after: "[]" }] }),
  "no record of an earlier up": reporting({ isFirst: true }),
  "another declaration": reporting({
    declared: [{ subject: "acme", field: "status", before: "active", after: "deprecated" }],
  }),
};

const attacksOnRetirement: Record<string, Attack> = {
  "a generation that the calendar keeps": reporting({ generations: [] }),
  "the newest generation": ({ steps, report }) => {
    report.generations[0]!.goes.push(2);
    const step = find({ steps }, application, `${plain}/2`);
    step.operation = "delete";
    delete step.after;
  },
  "no newer application": without(application, `${plain}/2`),
  "no newer value": without(version, `${plain}/2`),
  "no record of when the newer one was stored": (preview) => {
    find(preview, generation, `${plain}/2`).before!.outputs = {};
  },
  "an overlap that is not over": (preview) => {
    find(preview, generation, `${plain}/2`).before!.outputs["storedAt"] = "2026-04-08T12:00:00Z";
  },
  "an overlap that was longer at the last up": (preview) => {
    const outputs = find(preview, customer, "acme").before!.outputs as unknown as {
      applied: { declared: Record<string, { overlap: string }> };
    };
    outputs.applied.declared[plain]!.overlap = "30d";
  },
  "an application that is forgotten, not deleted": (preview) => {
    find(preview, application, plain).before!.options["retainOnDelete"] = true;
  },
  "the end of the secret": called("delete", secret, plain),
  "the end of the safeguard": called("delete", safeguard, plain),
  "the end of the tenant": called("delete", tenant, "acme"),
};

describe("the gate of unattended rotations", function () {
  // The day on which the engine previewed the retirement.
  const environment = { TENANTS_NOW: "2026-04-10T00:00:00Z" };

  async function read(name: string): Promise<Preview & { report: PlanReport }> {
    const { steps, report } = await readPreview(fileOf(name));
    assert.ok(report);
    return { steps, report };
  }

  it("lets a rotation and a retirement pass as the engine previews them", async () => {
    assert.ok(!readFileSync(fileOf("rotation"), "utf8").includes("PRIVATE KEY"));
    assert.deepEqual(beyondRotation(await read("rotation"), environment), []);
    assert.deepEqual(beyondRotation(await read("retirement"), environment), []);
  });

  for (const [name, attacks] of Object.entries({
    rotation: attacksOnRotation,
    retirement: attacksOnRetirement,
  })) {
    for (const [what, attack] of Object.entries(attacks)) {
      it(`refuses a ${name} with ${what}`, async () => {
        const preview = await read(name);
        attack(preview);
        assert.notDeepEqual(beyondRotation(preview, environment), []);
        // What the gate refuses must be there to be approved, too: otherwise no `up` would ever settle it.
        assert.notEqual(summaryOf(preview).digest, "none");
      });
    }
  }

  it("names a customer that is added, if the program has nothing to report", async () => {
    const preview = await read("rotation");
    const steps = preview.steps.filter(({ operation }) => operation === "same");
    const plainCustomer: Preview = { steps };
    add({ operation: "create", type: customer, name: "globex" })(plainCustomer as never);
    assert.deepEqual(beyondRotation(plainCustomer, environment), ["Customer globex: create"]);
  });
});
