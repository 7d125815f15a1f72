import { readApplicationName } from "pulumi-resistant-tenants/internal/vocabulary";

import { type Consequence, type ConsequenceKind, consequenceKinds, isGrave } from "./consequence";

/** A consequence in words. */
export interface ToldConsequence {
  /** Whether something that works today may stop working. */
  isGrave: boolean;
  text: string;
}

/** How many consequences of one kind get their own sentence; the others are listed together. */
const mostOfOneKind = 10;

/**
 * Describes consequences in plain words, the most serious first: what happens to whom, and what to do if it
 * is not intended.
 */
export function describeConsequences(consequences: readonly Consequence[]): ToldConsequence[] {
  return consequenceKinds.flatMap((kind) => {
    const all = consequences.filter((one) => one.kind === kind);
    const texts = all.slice(0, mostOfOneKind).map((one) => `${one.subject}: ${sentences[kind](one)}`);
    const rest = all.slice(mostOfOneKind).map(({ subject }) => subject);
    if (rest.length > 0) texts.push(`${rest.length} more ${plurals[kind]}: ${rest.join(", ")}.`);
    return texts.map((text) => ({ isGrave: isGrave({ kind }), text }));
  });
}

const sentences: Readonly<Record<ConsequenceKind, (consequence: Consequence) => string>> = {
  tenantDeleted: ({ subject, after, applications = 0 }) =>
    after === undefined
      ? `no longer declared, so its tenant is deleted with all documents in it, and ${credentials(applications)}. This cannot be undone. ` +
        "If this is not intended, put its entry back. To hand it over and delete nothing, put it back with `status: released`."
      : `renamed to ${after}. A tenant cannot be renamed: the tenant of ${subject} is deleted with all documents in it, and ${credentials(applications)}; ` +
        `${after} gets a new, empty tenant. This cannot be undone. If this is not intended, put the name ${subject} back.`,
  applicationDeleted: ({ subject, fields = [], after, recoveryWindowInDays }) =>
    `${noLongerDeclared(subject, fields, after)}, so its application is deleted and its credential stops working. ` +
    `Its secret ${deleted(recoveryWindowInDays)}. If this is not intended, put ${fields.includes("cell") ? "the cell" : "the application"} back.`,
  credentialEnds: ({ fields = [], before }) =>
    `${reasonOf(fields)} ends the credential in use at once: a new application is created and stored, and the old one${inBrackets("client", before)} is deleted in the same update. ` +
    `Programs fail until they read the secret again. ${overlapAdvice(fields)}`,
  secretMoved: ({ before, after, recoveryWindowInDays }) =>
    `its secret gets another name${fromTo(before, after)}. The credential stays the same; the old secret ${deleted(recoveryWindowInDays)}. ` +
    "Programs must read the new name or ARN. If this is not intended, put `tenants:secretPrefix` back.",
  readersRemoved: ({ before, after }) =>
    after === undefined
      ? `${before ?? "a role"} can no longer read its secrets. If a program still uses that access, put it back in \`secrets.readerRoleArns\`.`
      : `only these roles can read its secrets from now on, and every other role loses access: ${after}. If this is not intended, set \`secrets.readerRoleArns: []\`.`,
  replicasRemoved: () =>
    "the replicas of its secrets are deleted. Programs that read them in another region fail. If this is not intended, set `secrets.replicate: true` again.",
  secretKeyChanged: ({ before, after }) =>
    `its secrets are encrypted with another KMS key${fromTo(before, after)}. The roles that read them need \`kms:Decrypt\` on the new key first. ` +
    "If this is not intended, put `secrets.kmsKeyId` back.",
  tenantAdopted: ({ after }) =>
    `adopted: its existing tenant${after === undefined ? "" : ` ${after}`} is taken over; no tenant is created, and nothing in it changes. ` +
    "After that it is managed like any other: removing the customer deletes the tenant.",
  applicationAdopted: ({ after }) =>
    `adopted: the existing application${after === undefined ? "" : ` ${after}`} is taken over with its credential, which keeps working; no application is created.`,
  deprecated: () =>
    "becomes deprecated. Nothing is deleted now, and its credentials keep working; but from now on a later update can delete it. " +
    "If this is not intended, set `status: active`.",
  reactivated: () => "becomes active again. In production nothing of it can be deleted while it is active.",
};

const plurals: Readonly<Record<ConsequenceKind, string>> = {
  tenantDeleted: "customers are no longer declared, so their tenants are deleted with all documents in them",
  applicationDeleted: "applications are no longer declared, so their credentials stop working",
  credentialEnds: "applications whose credential ends at once",
  secretMoved: "secrets get another name",
  readersRemoved: "customers whose secrets fewer roles can read",
  replicasRemoved: "customers whose secrets have no replicas any longer",
  secretKeyChanged: "customers whose secrets are encrypted with another KMS key",
  tenantAdopted: "customers whose existing tenant is adopted",
  applicationAdopted: "existing applications are adopted",
  deprecated: "customers become deprecated",
  reactivated: "customers become active again",
};

function credentials(applications: number): string {
  if (applications === 0) return "it has no credentials";
  return applications === 1 ? "its credential stops working" : `its ${applications} credentials stop working`;
}

function deleted(recoveryWindowInDays: number | undefined): string {
  if (recoveryWindowInDays === undefined) return "is deleted";
  return recoveryWindowInDays === 0
    ? "is deleted at once and cannot be restored"
    : `is deleted and can be restored for ${recoveryWindowInDays} days`;
}

function noLongerDeclared(subject: string, fields: readonly string[], after: string | undefined): string {
  const { cell = "", purpose = "" } = readApplicationName(subject) ?? {};
  if (fields.includes("cell")) return `cell ${cell} is no longer declared`;
  return after === undefined
    ? `purpose ${purpose} is no longer declared`
    : `purpose ${purpose} becomes ${after}, which gets an application and a secret of its own; ${purpose} is no longer declared`;
}

/** A rotation without an overlap names no changed field. */
function reasonOf(fields: readonly string[]): string {
  return fields.includes("overlap")
    ? "a rotation without an overlap"
    : `a change of ${fields.map((field) => `\`${field}\``).join(" and ")}`;
}

function overlapAdvice(fields: readonly string[]): string {
  if (fields.includes("overlap"))
    return "To keep both for a time, set `overlap` in `rotation`, such as `7d`.";
  if (fields.includes("adopt")) return "If this is not intended, put `adopt` back or remove it.";
  return "To keep both for a time, add `rotation: { changes: immediately, overlap: 7d }` to the application.";
}

function inBrackets(what: string, value: string | undefined): string {
  return value === undefined ? "" : ` (${what} ${value})`;
}

function fromTo(before: string | undefined, after: string | undefined): string {
  return before === undefined && after === undefined ? "" : `: ${before ?? "none"} → ${after ?? "none"}`;
}
