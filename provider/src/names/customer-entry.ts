import { readScalar } from "./yaml-scalar";

/** An application that exists at the vendor, for the entry that takes it over. It contains no credential. */
export interface FoundApplication {
  cell: string;
  purpose: string;
  applicationId: string;
  clientId?: string | undefined;
  /** With RSA and EC only. */
  keyId?: string | undefined;
  /** Default: as declared, else both. */
  scopes?: readonly string[] | undefined;
  /** Default: as declared, else `CLIENT_SECRET`. */
  authMethod?: string | undefined;
  /** A key whose private half only the customer has: the application cannot be taken over. */
  publicKey?: unknown;
  /** The secret with its credentials, if there is one. */
  secretArn?: string | undefined;
  /** Whether that secret has not been looked up: the entry then has a placeholder for its ARN. */
  isSecretSought?: boolean;
}

/** A customer that exists at the vendor, for the entry that takes it over. */
export interface FoundCustomer {
  name: string;
  tenantId: string;
  /** The partner's own identifier, if known. */
  customerId?: string | undefined;
  owner?: string | undefined;
  /** The cells of its applications, and any other cells it had. */
  cells: readonly string[];
  applications: readonly FoundApplication[];
  /** Further remarks, one per line, for comments. */
  notes?: readonly string[];
}

/** An entry of a configuration, unchecked. */
type Entry = Readonly<Record<string, unknown>>;

/**
 * Writes the entry of `tenants:customers` with which a stack takes a customer over, all its applications included:
 * YAML, indented as in `Pulumi.<stack>.yaml`, with ids and ARNs but no credential. All messages with such an entry use
 * this.
 *
 * @param declared the customer's present entry: its other settings are kept, and the whole entry is replaced
 */
export async function writeCustomerEntry(found: FoundCustomer, declared: Entry = {}): Promise<string> {
  // The library is loaded only if there is something to write.
  const { Document, isScalar, visit } = await import("yaml");
  const { name, tenantId } = found;
  const { status, ...kept } = declared;
  const applications = toApplications(found, listOf(declared["applications"]), listOf(declared["cells"]));
  const cells = [...new Set([...listOf(declared["cells"]), ...found.cells])];
  const entry = {
    name,
    customerId: found.customerId ?? name,
    ...(found.owner === undefined ? {} : { owner: found.owner }),
    ...kept,
    ...(status === undefined || status === "released" ? {} : { status }),
    cells,
    adopt: tenantId,
    ...(applications.length === 0 ? {} : { applications: applications.map(({ entry: written }) => written) }),
  };
  const document = new Document([entry], { aliasDuplicateObjects: false });
  for (const [index, { comment }] of applications.entries()) {
    const node = document.getIn([0, "applications", index, "cell"], true);
    if (comment !== undefined && isScalar(node)) node.comment = ` ${comment}`;
  }
  if (found.notes !== undefined && found.notes.length > 0)
    document.commentBefore = found.notes.map((note) => ` ${note}`).join("\n");
  const customerId = document.getIn([0, "customerId"], true);
  if (found.customerId === undefined && declared["customerId"] === undefined && isScalar(customerId)) {
    customerId.comment = " not recorded: write your own identifier of the customer";
  }
  // YAML 1.1 and 1.2 read some plain text as something else: 0012345, 1e3, 12:30, yes.
  visit(document, {
    Scalar(_key, node) {
      if (typeof node.value === "string" && !isPlain(node.value)) node.type = "QUOTE_DOUBLE";
    },
  });
  return document
    .toString({ lineWidth: 0, flowCollectionPadding: false })
    .trimEnd()
    .split("\n")
    .map((line) => `    ${line}`)
    .join("\n");
}

/** A placeholder for an ARN that must still be looked up; `tenants check` refuses it. */
const soughtSecret = "<ARN of its secret>";

/** An application of the entry, with its remarks. */
interface WrittenApplication {
  entry: Entry;
  comment?: string | undefined;
}

function toApplications(
  { applications }: FoundCustomer,
  declared: readonly unknown[],
  cells: readonly unknown[],
): WrittenApplication[] {
  const own = declared.map(toEntry);
  // A cell without an application in the entry gets the default one.
  const implied = cells
    .filter((cell) => typeof cell === "string" && !own.some((entry) => entry["cell"] === cell))
    .map((cell): Entry => ({ cell }));
  const given = [...own, ...implied];
  const left = new Set(applications);
  const written = given.map((entry) => {
    const found = applications.find((application) => isSameSlot(application, entry));
    if (found === undefined) return { entry };
    left.delete(found);
    return toWritten(found, entry);
  });
  return [...written, ...[...left].map((found) => toWritten(found, {}))];
}

function toWritten(found: FoundApplication, declared: Entry): WrittenApplication {
  const { cell, purpose, applicationId, clientId, keyId, scopes, authMethod, publicKey } = found;
  const secretArn = found.secretArn ?? (found.isSecretSought === true ? soughtSecret : undefined);
  // The earlier `adopt` does not match what was found.
  const kept = Object.fromEntries(Object.entries(declared).filter(([key]) => key !== "adopt"));
  const isOfCustomer = publicKey !== undefined || declared["publicKey"] !== undefined;
  const who = `client ${clientId ?? "unknown"}${keyId === undefined ? "" : `, key ${keyId}`}`;
  const common = {
    cell,
    purpose,
    ...kept,
    ...(scopes === undefined ? {} : { scopes }),
    ...(authMethod === undefined ? {} : { authMethod }),
  };
  if (isOfCustomer) {
    return {
      entry: { ...(publicKey === undefined ? {} : { publicKey, keyId }), ...common },
      comment: `${who}: application ${applicationId} cannot be adopted, because its key is the customer's own. A second client is created; delete the old one at the vendor once it is unused`,
    };
  }
  if (secretArn === undefined) {
    return {
      entry: common,
      comment: `${who}: application ${applicationId} cannot be adopted, because no secret with its credentials was found. Find the secret and adopt the application, or delete it at the vendor`,
    };
  }
  return { entry: { ...common, adopt: { applicationId, secretArn } }, comment: who };
}

function isSameSlot({ cell, purpose }: FoundApplication, entry: Entry): boolean {
  return entry["cell"] === cell && (entry["purpose"] ?? "default") === purpose;
}

/** Returns whether text needs no quotes: YAML 1.1 and 1.2 do not read it as a number, a time or a keyword. */
function isPlain(text: string): boolean {
  return (
    /^\w[\w./:@+-]*$/.test(text) &&
    readScalar(text).kind === "text" &&
    !/^[\d:._e+-]+$/i.test(text) &&
    !/^(?:y|n|yes|no|on|off|nan|inf)$/i.test(text)
  );
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

function toEntry(value: unknown): Entry {
  return typeof value === "object" && value !== null ? (value as Entry) : {};
}
