import { strict as assert } from "node:assert";
import { createPublicKey, type JsonWebKey, type KeyObject } from "node:crypto";

import type { Properties } from "../../provider/src/dynamic/engine/inputs";
import type { KeyPair } from "../../provider/src/dynamic/run/key-pair";
import { tenantType } from "../../provider/src/names/resource-types";
import type { Cell } from "../../sandbox/api/cells";
import { toKeyObject } from "../../sandbox/api/keys";
import { cellsOfStage, type Declaration } from "../fuzz/declared";
import { type Credential, keyIdByHand, makeKeyedByHand } from "./by-hand";
import { assertNoCredentials, assertRefused, assertSoundRecord, contentOf } from "./invariants";
import { makeKeyPairAtOnce, thumbprintOf } from "./key-pairs";
import type { Operator } from "./operator";
import { type OwnApplication, ownProgram, type OwnTenant } from "./own-program";
import { arnOf } from "./secrets";

/** What the project's own program would declare in such a stack. */
const nothing: Declaration = [];

const readScope: OwnApplication["scopes"] = ["documents.submissions.read"];
const bothScopes: OwnApplication["scopes"] = ["documents.submissions.read", "documents.submissions.write"];

const hourMs = 3_600_000;

/** What is declared wrongly, and why that is refused. */
type Wrong<T> = readonly [declared: T, because: RegExp];

/** How many of the trials a stack goes through. */
const trialsOfStack = 2;

/**
 * What is tried with a stack whose program is not the project's: it declares the provider's resources by itself, and what
 * the project's customers never change of them.
 */
export class OwnProgramTrials {
  /** Names are used once. */
  #names = 0;

  private constructor(
    private readonly operator: Operator,
    private readonly keys: readonly [KeyPair, KeyPair],
    private tenant: OwnTenant,
  ) {}

  /** @param operator of a stack with nothing in it */
  static async begin(operator: Operator): Promise<OwnProgramTrials> {
    const { stack, random } = operator;
    const keys = [await makeKeyPairAtOnce("ES256"), await makeKeyPairAtOnce("ES256")] as const;
    return new OwnProgramTrials(operator, keys, {
      resource: "mine",
      name: "mine",
      cells: random.pick([["eu-1"], cellsOfStage[stack.stage]]),
      applications: [
        { resource: "mine-ingest", cell: "eu-1", scopes: bothScopes, authMethod: "CLIENT_SECRET" },
        {
          resource: "mine-report",
          cell: "eu-1",
          scopes: readScope,
          authMethod: "EC",
          publicKey: keys[0].publicKeyPem,
          keyId: "mine",
        },
      ],
    });
  }

  /** Makes the stack, tries some of what can be tried with it, and destroys it. */
  async run(): Promise<void> {
    const { stack, random, taken } = this.operator;
    taken.push("a program of somebody's own");
    await this.#settle();
    const trials = [
      () => this.#refresh(),
      () => this.#describeAnew(),
      () => this.#replaceApplication(),
      () => this.#replaceTenant(),
      () => this.#deprecate(),
      () => this.#rename(),
      () => this.#adopt(),
      ...(stack.stage === "production" ? [() => this.#drift()] : []),
    ];
    for (let left = trialsOfStack; left > 0; left -= 1) await random.pick(trials)();
    await this.#settle({ ...this.tenant, status: "deprecated" });
    await this.#destroy();
    await assertSoundRecord(stack);
    assertNoCredentials(stack);
  }

  /** The order of what has none, and the form of a key, are no change. */
  async #describeAnew(): Promise<void> {
    const { tenant } = this;
    const { taken } = this.operator;
    taken.push("sets in another order, and a key in another form");
    await this.#assertQuiet({
      ...tenant,
      cells: tenant.cells.toReversed(),
      initialCells: ["eu-1"],
      applications: tenant.applications.map((one) => ({
        ...one,
        scopes: one.scopes.toReversed(),
        ...(typeof one.publicKey === "string"
          ? { publicKey: toPublicKey(one.publicKey).export({ format: "jwk" }) }
          : {}),
      })),
    });
  }

  /** What an application is changes: it is made anew, the next one first, and nothing else is. */
  async #replaceApplication(): Promise<void> {
    const { operator, tenant, keys } = this;
    const { stack, random, taken } = operator;
    const changed = random.pick(tenant.applications);
    const { publicKey, keyId, ...withoutKey } = changed;
    const used = publicKey === undefined ? undefined : thumbprintOf(toPublicKey(publicKey));
    const isUsed = ({ publicKeyPem }: KeyPair): boolean => thumbprintOf(toPublicKey(publicKeyPem)) === used;
    const key = keys[isUsed(keys[0]) ? 1 : 0].publicKeyPem;
    const next = random.pick<OwnApplication>([
      { ...changed, scopes: changed.scopes.length === 1 ? bothScopes : readScope },
      publicKey === undefined
        ? { ...changed, authMethod: "EC", publicKey: key, keyId: "changed" }
        : { ...withoutKey, authMethod: "CLIENT_SECRET" },
      ...(publicKey === undefined ? [] : [{ ...changed, publicKey: key }]),
      ...(keyId === undefined ? [] : [{ ...changed, keyId: `${keyId}-2` }]),
      ...cellsOfStage[stack.stage]
        .filter((cell) => cell !== changed.cell)
        .map((cell) => ({ ...changed, cell })),
    ]);
    taken.push(`${changed.resource} becomes ${JSON.stringify({ ...next, publicKey: undefined })}`);
    const before = this.#ids();
    const sent = stack.api.requests.length;
    await this.#settle({
      ...tenant,
      applications: tenant.applications.map((one) => (one === changed ? next : one)),
    });
    const after = this.#ids();
    const replaced = [...after.keys()].filter((name) => after.get(name) !== before.get(name));
    assert.deepEqual(replaced, [changed.resource], "not the one that was changed was made anew");
    assert.deepEqual(
      this.#changesSince(sent),
      ["createTenantApplication", "deleteTenantApplication"],
      "an application was deleted before the next was made",
    );
  }

  /**
   * A change of a tenant that would replace it is refused; with `allowReplace` it is deleted, with all that it has, and then
   * made anew. Its name may be taken for a while.
   */
  async #replaceTenant(): Promise<void> {
    const { operator, tenant } = this;
    const { stack, random, taken } = operator;
    const isOfCells = stack.stage === "production" && random.chance(50);
    const next: OwnTenant = isOfCells
      ? { ...tenant, cells: otherCells(tenant) }
      : { ...tenant, name: this.#newName() };
    taken.push(`the tenant's ${isOfCells ? "cells change" : "name changes"}`);
    const because = isOfCells
      ? /: A change of cells would replace tenant /
      : /: A change of name would replace tenant /;
    await this.#assertRefused([next], because);
    await this.#assertRefused([{ ...next, allowReplace: false }], because);
    const sent = stack.api.requests.length;
    if (isOfCells) stack.api.addFault({ operation: "createTenant", kind: "status", status: 409 });
    await this.#settle({ ...next, allowReplace: true });
    stack.api.clearFaults();
    assert.deepEqual(
      [...new Set(this.#changesSince(sent))],
      ["deleteTenantApplication", "deleteTenant", "createTenant", "createTenantApplication"],
      "a tenant was not replaced in the order in which it must be",
    );
    await this.#assertQuiet(next);
  }

  /** In production only what was deprecated is destroyed, and what is made anew is active again. */
  async #deprecate(): Promise<void> {
    const { operator, tenant } = this;
    const { stack, random, taken } = operator;
    const isProtected = stack.stage === "production";
    if (isProtected && tenant.status !== "deprecated") await this.#assertNotDestroyed();
    if (tenant.status !== "deprecated") await this.#changeStatus("deprecated");
    await this.#refresh();
    if (random.chance(50)) {
      await this.#changeStatus("active");
    } else {
      taken.push("destroy, and make anew what was deprecated");
      await this.#destroy();
      await this.#settle({ ...tenant, status: "active" });
    }
    if (isProtected) await this.#assertNotDestroyed();
  }

  async #changeStatus(status: NonNullable<OwnTenant["status"]>): Promise<void> {
    const { stack, taken } = this.operator;
    taken.push(`the tenant becomes ${status}`);
    await this.#assertQuiet({ ...this.tenant, status });
    const last = stack.journal.events().findLast(({ type }) => type === "Customer");
    const [held] = stack.checkpoint.resources.filter(({ type }) => type === tenantType);
    assert.deepEqual(
      [last?.operation, last?.event === "result" && last.outcome, last?.tenantId, held?.outputs["status"]],
      [status === "active" ? "activate" : "deprecate", "changed", held?.id, status],
      "the status of a tenant is not on record",
    );
  }

  async #assertNotDestroyed(): Promise<void> {
    const { operator } = this;
    const { stack } = operator;
    const before = stack.api.tenants();
    operator.taken.push("destroy what is active in production");
    const result = await operator.command("destroy", nothing);
    assertRefused(
      result,
      / is active in stage production, and the journal contains no completed deprecation /,
      "an active tenant was destroyed in production",
    );
    assert.deepEqual(stack.api.tenants(), before, "something active was deleted in production");
  }

  /**
   * One tenant has two resources, or another one than before: neither takes it away from the other. The vendor itself keeps
   * one that has applications.
   */
  async #rename(): Promise<void> {
    const { operator, tenant } = this;
    const { stack, random, taken } = operator;
    const { applications } = tenant;
    const former: OwnTenant = random.chance(50)
      ? tenant
      : { ...tenant, status: "deprecated", applications: [] };
    await this.#settle(former);
    const before = stack.api.tenants();
    const [tenantId = ""] = before.map((one) => one.tenantId);
    const renamed = { ...former, resource: this.#newName() };
    const adopting = { ...renamed, adopt: tenantId };
    operator.isDeclaredTwice = true;
    if (random.chance(50)) {
      taken.push(`${former.resource} is declared as ${renamed.resource}, too`);
      const { end } = await this.#up([former, { ...adopting, applications: [] }]);
      assert.equal(end, "succeeded", "a tenant that another resource has was not adopted");
    }
    taken.push(`${former.resource} is declared as ${renamed.resource}`);
    const result = await this.#up([adopting]);
    operator.isDeclaredTwice = false;
    assertRefused(
      result,
      /is declared by another resource of this stack, so it was not deleted/,
      "a tenant that another resource has was let go",
    );
    assert.deepEqual(stack.api.tenants(), before, "a tenant that another resource has was changed");
    stack.forget(tenantType, former.resource);
    await this.#settle(adopting);
    await this.#assertQuiet(renamed);
    assert.deepEqual(stack.api.tenants(), before, "a tenant that was renamed was changed");
    await this.#settle({ ...renamed, applications });
  }

  /** What somebody else has made is adopted only by its name, its cells, and the credentials that it has. */
  async #adopt(): Promise<void> {
    const { operator, tenant, keys } = this;
    const { stack, taken } = operator;
    const { api, secrets } = stack;
    const [own, other] = keys;
    const name = this.#newName();
    taken.push(`tenant ${name} of somebody else's is adopted`);
    const tenantId = api.makeStranger(name, { cell: "eu-1", ageMs: hourMs, hasApplication: false });
    const credential = await makeKeyedByHand(api, tenantId, readScope, own);
    const applicationId = credential.application_id;
    const put = (of: string, value: Credential): string => {
      secrets.put(`${name}/${of}`, JSON.stringify(value));
      return arnOf(`${name}/${of}`);
    };
    const secretArn = put("own", credential);
    const withoutKey = {
      resource: `${name}-report`,
      cell: "eu-1",
      scopes: readScope,
      adopt: { applicationId, secretArn },
    } as const;
    const application: OwnApplication = {
      ...withoutKey,
      authMethod: "EC",
      publicKey: own.publicKeyPem,
      keyId: keyIdByHand,
    };
    const adopted: OwnTenant = {
      resource: name,
      name,
      cells: ["eu-1"],
      adopt: tenantId,
      applications: [application],
    };
    const by = (of: string, value: Credential): OwnApplication => ({
      ...application,
      adopt: { applicationId, secretArn: put(of, value) },
    });
    const wrongApplications: Wrong<OwnApplication>[] = [
      [{ ...withoutKey, authMethod: "CLIENT_SECRET" }, /contains no client secret/],
      [{ ...application, scopes: bothScopes }, /differs from its declaration.* write scopes: /s],
      [{ ...application, publicKey: other.publicKeyPem }, /does not belong to the private key in the secret/],
      [{ ...application, keyId: "another" }, /has the id by-hand in the secret .* but another is declared/],
      ...cellsOfStage[stack.stage]
        .slice(1)
        .map((cell): Wrong<OwnApplication> => [
          { ...application, cell },
          /differs from its declaration.* write cell: eu-1/s,
        ]),
      [
        by("of-another", { ...credential, application_id: "another" }),
        /belongs to another application: its application_id is not /,
      ],
      [
        by("another-key", { ...credential, private_key: other.privateKeyPem }),
        /returned no token to client .*: signature verification failed/,
      ],
      [
        by("another-id", { ...credential, key_id: "another" }),
        /returned no token to client .*: no key with its kid is registered/,
      ],
    ];
    const withOtherCells: Wrong<OwnTenant> = [
      { ...adopted, cells: [...cellsOfStage.production] },
      /has the cells .*: it was not adopted/,
    ];
    const wrong: Wrong<OwnTenant>[] = [
      [{ ...adopted, name: this.#newName() }, /is named .*: it was not adopted/],
      [{ ...adopted, adopt: "of-nobody" }, /There is no tenant of-nobody to adopt/],
      ...(stack.stage === "production" ? [withOtherCells] : []),
      ...wrongApplications.map(([one, because]): Wrong<OwnTenant> => [
        { ...adopted, applications: [one] },
        because,
      ]),
    ];
    const before = api.tenants();
    for (const [one, because] of wrong) {
      const result = await this.#up([tenant, one]);
      assertRefused(result, because, `what is not as declared was adopted: ${JSON.stringify(one)}`);
      assert.deepEqual(api.tenants(), before, "what was not adopted was changed");
      assert.ok(!this.#ids().has(application.resource), "what was not adopted is in the state");
    }
    const { end } = await this.#up([tenant, adopted]);
    assert.equal(end, "succeeded", "what is as declared was not adopted");
    assert.deepEqual(api.tenants(), before, "what was adopted was changed");
    assert.deepEqual(
      [name, application.resource].map((resource) => this.#ids().get(resource)),
      [tenantId, applicationId],
      "what was adopted is not in the state",
    );
    await this.#settle();
  }

  /** The vendor changes the cells of a tenant: nothing is made anew, and the program may accept them. */
  async #drift(): Promise<void> {
    const { operator, tenant } = this;
    const { stack, taken } = operator;
    const [{ tenantId } = { tenantId: "" }] = stack.api.tenants();
    const cells = otherCells(tenant);
    taken.push(`the vendor changes the cells to ${cells.join(", ")}`);
    stack.api.setCells(tenantId, cells);
    const before = this.#ids();
    const program = ownProgram(stack.name, [tenant]);
    const { end } = await operator.command("up --refresh", nothing, { program });
    assert.equal(end, "succeeded", "cells that the vendor has changed made an up fail");
    await this.#assertQuiet({ ...tenant, cells });
    assert.deepEqual(this.#ids(), before, "what has other cells was made anew");
  }

  #up(tenants: readonly OwnTenant[]): ReturnType<Operator["command"]> {
    const program = ownProgram(this.operator.stack.name, tenants);
    return this.operator.command("up", nothing, { program });
  }

  /** Makes the stack be as declared. */
  async #settle(tenant = this.tenant): Promise<void> {
    this.tenant = tenant;
    const { end, failures } = await this.#up([tenant]);
    assert.equal(end, "succeeded", `a program of somebody's own failed: ${failures.join("; ")}`);
    this.#assertAsDeclared();
  }

  async #refresh(): Promise<void> {
    const { stack, taken } = this.operator;
    taken.push("refresh");
    const before = contentOf(stack);
    const { end } = await this.operator.command("refresh", nothing);
    assert.equal(end, "succeeded", "a refresh failed");
    assert.deepEqual(contentOf(stack), before, "a refresh of what has not changed changed the state");
  }

  /** The same, where there is nothing to send. */
  async #assertQuiet(tenant: OwnTenant): Promise<void> {
    const { stack } = this.operator;
    const sent = stack.api.requests.length;
    await this.#settle(tenant);
    assert.deepEqual(
      stack.api.requests.slice(sent).map(({ operation }) => operation),
      [],
      "what changes nothing sent requests",
    );
  }

  async #assertRefused(tenants: readonly OwnTenant[], because: RegExp): Promise<void> {
    const { stack } = this.operator;
    const before = [stack.api.requests.length, contentOf(stack)];
    const result = await this.#up(tenants);
    assertRefused(result, because, "what must be refused was done");
    assert.deepEqual([stack.api.requests.length, contentOf(stack)], before, "what was refused was begun");
  }

  async #destroy(): Promise<void> {
    const { stack } = this.operator;
    const { end, failures } = await this.operator.command("destroy", nothing);
    assert.equal(end, "succeeded", `destroy failed: ${failures.join("; ")}`);
    assert.deepEqual([stack.api.tenants(), contentOf(stack)], [[], []], "something is left after destroy");
  }

  #assertAsDeclared(): void {
    const { tenant, operator } = this;
    const { checkpoint, api } = operator.stack;
    const outputsOf = (resource: string): Properties =>
      checkpoint.resources.find(({ name }) => name === resource)?.outputs ?? {};
    const tenants = api.tenants();
    assert.deepEqual(
      tenants.map(({ tenantId, name, cells }) => ({ tenantId, name, cells: cells.toSorted() })),
      [
        {
          tenantId: outputsOf(tenant.resource)["tenantId"],
          name: tenant.name,
          cells: tenant.cells.toSorted(),
        },
      ],
      "the tenant is not as it is declared",
    );
    const made = tenants.flatMap(({ tenantId, applications }) =>
      applications.map(({ applicationId, clientId, cell, scopes, authMethod }) => ({
        applicationId,
        clientId,
        clientSecret: api.clientSecretOf(tenantId, applicationId),
        cell,
        scopes: scopes.toSorted(),
        authMethod: authMethod.type,
        keyId: authMethod.type === "CLIENT_SECRET" ? undefined : authMethod.kid,
        key: authMethod.type === "CLIENT_SECRET" ? undefined : thumbprintOf(toKeyObject(authMethod)),
      })),
    );
    const declared = tenant.applications.map(({ resource, cell, scopes, authMethod, publicKey, keyId }) => {
      const { applicationId, clientId, clientSecret } = outputsOf(resource);
      const key = publicKey === undefined ? undefined : thumbprintOf(toPublicKey(publicKey));
      return {
        applicationId,
        clientId,
        clientSecret,
        cell,
        scopes: scopes.toSorted(),
        authMethod,
        keyId,
        key,
      };
    });
    assert.deepEqual(byId(made), byId(declared), "the applications are not as they are declared");
    assert.deepEqual(
      [...this.#ids().keys()].toSorted(),
      [tenant.resource, ...tenant.applications.map(({ resource }) => resource)].toSorted(),
      "the state does not hold what is declared",
    );
  }

  #ids(): Map<string, string | undefined> {
    const { resources } = this.operator.stack.checkpoint;
    return new Map(resources.map(({ name, id }) => [name, id]));
  }

  /** Gives the requests since one that change something, in their order. */
  #changesSince(sent: number): string[] {
    return this.operator.stack.api.requests
      .slice(sent)
      .map(({ operation }) => operation)
      .filter((operation) => /^(?:create|delete)/.test(operation));
  }

  #newName(): string {
    this.#names += 1;
    return `mine${this.#names}`;
  }
}

function otherCells({ cells }: OwnTenant): Cell[] {
  return cells.length === 1 ? ["eu-1", "us-1"] : ["eu-1"];
}

function toPublicKey(given: string | JsonWebKey): KeyObject {
  return typeof given === "string" ? createPublicKey(given) : createPublicKey({ key: given, format: "jwk" });
}

function byId<T extends { applicationId: unknown }>(applications: readonly T[]): T[] {
  const idOf = ({ applicationId }: T): string => String(applicationId);
  return applications.toSorted((one, other) => idOf(one).localeCompare(idOf(other)));
}
