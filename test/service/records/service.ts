import { randomBytes, randomUUID } from "node:crypto";

import { exportJWK, generateKeyPair, type JWTVerifyGetKey, SignJWT } from "jose";
import { Client } from "pg";
import type { PlanMade } from "resistant-tenants-service/actions/planned";
import { submit } from "resistant-tenants-service/actions/submit";
import type { ServiceContext } from "resistant-tenants-service/context";
import type { Person, Role } from "resistant-tenants-service/person";
import { digestOfFacts, type PlanFacts } from "resistant-tenants-service/plan/facts";
import { linesOf } from "resistant-tenants-service/plan/lines";
import { openDatabase, write } from "resistant-tenants-service/records/database";
import { migrate } from "resistant-tenants-service/records/migrate";
import type { NewRequest } from "resistant-tenants-service/requests/request";
import { type ApprovalRule, serviceSettingsSchema } from "resistant-tenants-service/settings/settings";
import type { ApprovalKeys } from "resistant-tenants-service/signing/keys";

import { type Postgres, startPostgres } from "../../../sandbox/service/postgres";

export const runtimeRole = "service_runtime";
const runtimePassword = "only-for-tests";

/** A PostgreSQL with a migrated database, of which each test has a copy. */
export interface DatabaseServer {
  readonly postgres: Postgres;
  /** Creates a database of its own for a test. */
  readonly create: () => Promise<TestDatabase>;
  readonly close: () => Promise<void>;
}

export interface TestDatabase {
  readonly ownerUrl: string;
  readonly url: string;
  /** Runs statements as the owner. */
  readonly asOwner: <Row>(sql: string, values?: unknown[]) => Promise<Row[]>;
}

/** A server that runs, whose database `migrated` is the template of each test's. */
interface RunningServer {
  readonly postgres: Postgres;
  readonly admin: Client;
}

const template = "migrated";
let running: Promise<RunningServer> | undefined;

async function startServer(): Promise<RunningServer> {
  const postgres = await startPostgres();
  const admin = new Client(postgres.urlOf());
  await admin.connect();
  await admin.query(`create role ${runtimeRole} login password '${runtimePassword}'`);
  await admin.query(`create database ${template}`);
  await migrate(postgres.urlOf(template), runtimeRole);
  return { postgres, admin };
}

/**
 * Gives the PostgreSQL that all test files of this process share; it ends with the process. Each file's databases are its
 * own.
 */
export async function startDatabaseServer(): Promise<DatabaseServer> {
  const { postgres, admin } = await (running ??= startServer());
  const owners: Client[] = [];
  return {
    postgres,
    create: async () => {
      const name = `test_${randomBytes(6).toString("hex")}`;
      await admin.query(`create database ${name} template ${template}`);
      const ownerUrl = postgres.urlOf(name);
      const url = ownerUrl.replace(/\/\/[^@]+@/, `//${runtimeRole}:${runtimePassword}@`);
      const owner = new Client(ownerUrl);
      await owner.connect();
      owners.push(owner);
      return {
        ownerUrl,
        url,
        asOwner: async <Row>(sql: string, values: unknown[] = []) =>
          (await owner.query(sql, values)).rows as Row[],
      };
    },
    close: async () => {
      await Promise.all(owners.map((owner) => owner.end()));
    },
  };
}

/** The issuer of the tests: it signs ID tokens. */
export interface TestIssuer {
  readonly issuer: string;
  readonly idToken: (person: Person, nonce: string, claims?: Record<string, unknown>) => Promise<string>;
  readonly issuerKey: JWTVerifyGetKey;
}

export const issuerUrl = "http://127.0.0.1:1/issuer";

export async function makeIssuer(clientId = "web"): Promise<TestIssuer> {
  const { privateKey, publicKey } = await generateKeyPair("ES256");
  return {
    issuer: issuerUrl,
    issuerKey: () => Promise.resolve(publicKey),
    idToken: async (person, nonce, claims = {}) => {
      const now = Math.floor(Date.now() / 1_000);
      return await new SignJWT({
        nonce,
        auth_time: now,
        employee_number: person.person,
        ...claims,
      })
        .setProtectedHeader({ alg: "ES256" })
        .setIssuer(issuerUrl)
        .setSubject(person.subject)
        .setAudience(clientId)
        .setIssuedAt(now)
        .setExpirationTime(now + 600)
        .sign(privateKey);
    },
  };
}

export async function makeKeys(issuer?: TestIssuer): Promise<ApprovalKeys> {
  const { privateKey, publicKey } = await generateKeyPair("ES256", { extractable: true });
  await exportJWK(publicKey);
  const issuerKey = issuer?.issuerKey ?? (() => Promise.reject(new Error("no issuer")));
  return { signingKey: privateKey, publicKey, algorithm: "ES256", issuerKey };
}

/** Rules of the tests, by stage. */
export interface TestRules {
  testing?: Partial<ApprovalRule>;
  production?: Partial<ApprovalRule>;
}

export function makeSettings({ testing, production }: TestRules = {}): ServiceContext["settings"] {
  const stage = (name: "testing" | "production", rule: Partial<ApprovalRule>) => ({
    configuration: {
      "tenants:stage": name,
      "tenants:clientId": "organization",
      "tenants:keyId": "key",
      "tenants:tokenUrl": "https://eu.id.resistant.ai/oauth2/aus0123456789/v1/token",
      "tenants:privateKeySecretArn":
        "arn:aws:secretsmanager:eu-west-1:412345678901:secret:tenants/key-QwErTy",
      "aws:region": "eu-west-1",
    },
    approvals: rule,
  });
  return serviceSettingsSchema.parse({
    url: "http://127.0.0.1:1",
    identity: { issuer: issuerUrl, clientId: "web", audience: "api", personClaim: "employee_number" },
    stages: {
      testing: stage("testing", { required: 0, ...testing }),
      production: stage("production", { required: 1, ...production }),
    },
    work: { backendUrl: "file:///nowhere", journal: "/nowhere", directory: "/nowhere" },
  });
}

/** A service without its processes: use cases on a database, with a clock that the test sets. */
export interface TestService {
  readonly context: ServiceContext;
  readonly database: TestDatabase;
  /** The jobs that were queued, in their order. */
  readonly queued: string[];
  /** Puts the clock on. */
  readonly later: (ms: number) => void;
  readonly addPerson: (given: Partial<Person> & { roles?: readonly Role[] }) => Promise<Person>;
  readonly submit: (caller: Person, request: NewRequest) => Promise<string>;
  readonly close: () => Promise<void>;
}

export async function makeService(
  server: DatabaseServer,
  { rules = {}, keys }: { rules?: TestRules; keys?: ApprovalKeys } = {},
): Promise<TestService> {
  const database = await server.create();
  let offset = 0;
  const queued: string[] = [];
  const context: ServiceContext = {
    database: openDatabase(database.url, 6),
    settings: makeSettings(rules),
    approvals: keys ?? (await makeKeys()),
    now: () => new Date(Date.now() + offset),
    jobs: {
      plan: async (_writing, requestId) => {
        queued.push(await Promise.resolve(`plan ${requestId}`));
      },
      apply: async (_writing, requestId, stack) => {
        queued.push(await Promise.resolve(`apply ${requestId} ${stack}`));
      },
    },
  };
  return {
    context,
    database,
    queued,
    later: (ms) => {
      offset += ms;
    },
    addPerson: async (given) => await addPerson(context, given),
    submit: (caller, request) => submitAs(context, caller, request),
    close: async () => {
      await context.database.destroy();
    },
  };
}

export async function submitAs(
  context: ServiceContext,
  caller: Person,
  request: NewRequest,
): Promise<string> {
  const { requestIds } = await write(context, (writing) => submit(context, writing, caller, request));
  const [id] = requestIds;
  if (id === undefined) throw new Error("No request was made.");
  return id;
}

export async function addPerson(context: ServiceContext, given: Partial<Person>): Promise<Person> {
  const id = randomUUID();
  const person: Person = {
    id,
    issuer: issuerUrl,
    subject: id,
    person: `employee-${id}`,
    name: "Somebody",
    email: "somebody@example.com",
    roles: ["requester"],
    groups: [],
    authenticatedAt: context.now(),
    ...given,
  };
  await context.database
    .insertInto("people")
    .values({
      id: person.id,
      issuer: person.issuer,
      subject: person.subject,
      person: person.person ?? null,
      name: person.name ?? null,
      email: person.email ?? null,
      roles: JSON.stringify(person.roles),
      groups: JSON.stringify(person.groups),
      seen_at: context.now(),
    })
    .execute();
  return person;
}

/** A request for a new customer. */
export function newCustomer(name: string, stage: "testing" | "production" = "production"): NewRequest {
  return {
    kind: "createCustomer",
    stage,
    reason: "A new customer signed.",
    customer: { name, customerId: `crm-${name}`, cells: ["eu-1"] },
  };
}

/**
 * A plan as the worker makes one.
 *
 * @param content - What its words say; another one is another plan.
 */
export function planOf(content: string, touches: PlanFacts["touches"] = []): PlanMade {
  const facts: PlanFacts = {
    version: 1,
    kind: "createCustomer",
    stage: "production",
    parts: [],
    settings: "of the tests",
    versions: { program: "1", engine: "1" },
    policy: { pack: content, verdict: "passed" },
    touches,
  };
  return { digest: digestOfFacts(facts), facts, lines: linesOf(facts), changes: [] };
}

/** Has the tests of a suite share a database server; gives it once they run. */
export function useDatabaseServer(): () => DatabaseServer {
  let server: DatabaseServer | undefined;
  before(async () => {
    server = await startDatabaseServer();
  });
  after(async () => {
    await server?.close();
  });
  return () => {
    if (server === undefined) throw new Error("The server is started before the tests.");
    return server;
  };
}
