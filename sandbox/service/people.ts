import { readFile } from "node:fs/promises";

import { parse } from "yaml";
import { z } from "zod";

import { SandboxError } from "../errors";

const roleSchema = z.enum(["requester", "approver", "administrator", "auditor"]);

const personSchema = z.strictObject({
  /** The username for logging in, and the account's `sub`. */
  username: z.string().regex(/^[a-z0-9][a-z0-9._@-]{0,63}$/i, "must be letters, digits and . _ @ -"),
  /** Default: the username. */
  password: z.string().min(1).optional(),
  roles: z.array(roleSchema).default([]),
  groups: z.array(z.string()).default([]),
  /**
   * The same for all accounts of one person. Default: a separate number for each account. `null`: none, like
   * a machine.
   */
  employeeNumber: z.coerce.string().min(1).nullish(),
  name: z.string().optional(),
  email: z.string().optional(),
});

const peopleFileSchema = z.union([
  z.array(personSchema),
  z.strictObject({ people: z.array(personSchema) }).transform(({ people }) => people),
]);

/** One account of the sandbox's identity provider. */
export interface Account {
  readonly username: string;
  readonly password: string;
  readonly roles: readonly string[];
  readonly groups: readonly string[];
  readonly employeeNumber: string | undefined;
  readonly name: string;
  readonly email: string;
}

/** The people of every local start. `sam` and `sam.admin` are two accounts of one person. */
const usualPeople: readonly z.input<typeof personSchema>[] = [
  { username: "rita", name: "Rita Requester", roles: ["requester"], employeeNumber: "E-1001" },
  { username: "ravi", name: "Ravi Requester", roles: ["requester"], employeeNumber: "E-1002" },
  { username: "anna", name: "Anna Approver", roles: ["approver"], employeeNumber: "E-1003" },
  { username: "amir", name: "Amir Approver", roles: ["approver"], employeeNumber: "E-1004" },
  { username: "ada", name: "Ada Administrator", roles: ["administrator"], employeeNumber: "E-1005" },
  { username: "otto", name: "Otto Auditor", roles: ["auditor"], employeeNumber: "E-1006" },
  {
    username: "eve",
    name: "Eve Everything",
    roles: ["requester", "approver", "administrator", "auditor"],
    employeeNumber: "E-1007",
  },
  { username: "sam", name: "Sam Second", roles: ["requester", "approver"], employeeNumber: "E-1008" },
  { username: "sam.admin", name: "Sam Second", roles: ["requester", "approver"], employeeNumber: "E-1008" },
];

/** Returns the accounts of a local start, and those of a file. */
export async function readPeople(file?: string): Promise<Account[]> {
  const more = file === undefined ? [] : await readPeopleFile(file);
  const accounts = [...usualPeople.map((person) => personSchema.parse(person)), ...more].map(toAccount);
  const twice = accounts.find(({ username }, index) =>
    accounts.slice(0, index).some((earlier) => earlier.username === username),
  );
  if (twice === undefined) return accounts;
  throw new SandboxError("BAD_CONFIGURATION", `--people: the username ${twice.username} already exists`);
}

/** @throws SandboxError `BAD_CONFIGURATION` if the file cannot be read, or has another format. */
async function readPeopleFile(file: string): Promise<z.output<typeof personSchema>[]> {
  let value: unknown;
  try {
    value = parse(await readFile(file, "utf8"));
  } catch (error) {
    throw new SandboxError("BAD_CONFIGURATION", `--people: ${file} cannot be read as YAML or JSON`, {
      cause: error,
    });
  }
  const people = peopleFileSchema.safeParse(value);
  if (people.success) return people.data;
  const message = `--people: ${file} must be a list of {username, password?, roles?, groups?, employeeNumber?, name?, email?}: ${z.prettifyError(people.error)}`;
  throw new SandboxError("BAD_CONFIGURATION", message);
}

function toAccount(person: z.output<typeof personSchema>): Account {
  const { username, password = username, roles, groups, employeeNumber } = person;
  return {
    username,
    password,
    roles,
    groups,
    employeeNumber: employeeNumber === null ? undefined : (employeeNumber ?? `E-${username}`),
    name: person.name ?? username,
    email: person.email ?? `${username}@example.com`,
  };
}
