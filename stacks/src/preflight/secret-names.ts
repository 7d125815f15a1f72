import * as pulumi from "@pulumi/pulumi";
import type {
  SecretDescription,
  SecretsManager,
  WantedSecret,
} from "pulumi-resistant-tenants/internal/aws-secret";
import { refusal } from "pulumi-resistant-tenants/internal/guards";
import type { HeldResource } from "pulumi-resistant-tenants/internal/own-stack";
import type { Aws } from "pulumi-resistant-tenants/internal/reach";
import { secretType, tenantType } from "pulumi-resistant-tenants/internal/resource-types";
import { describeDeletion, messageOf, oncePer, slotName } from "pulumi-resistant-tenants/internal/vocabulary";

import type { CustomerArgs } from "../customer/customer";
import type { ProgramRecord } from "../record/program-record";
import type { ProgramRun } from "../run/program-run";
import { askAws } from "../secret/aws-access";
import { secretName, secretTags } from "../secret/stored-secret";
import type { NamedResource } from "../values/describe-resource";
import { continuesOnError } from "./continue-on-error";

/**
 * Ensures, before anything is created, that the name of each new secret is free in AWS: otherwise its create
 * would fail late, and with AWS's message. An empty secret that an interrupted `up` of this stack has created
 * is deleted: its tags, with the id of a tenant in the state, show that it is this stack's.
 *
 * AWS is not called if the state contains all declared secrets.
 *
 * @returns the secrets whose name is taken, each with the obstacle, if the update continues after a failure
 * (`PULUMI_CONTINUE_ON_ERROR`): nothing else of these applications may be created either
 * @throws `pulumi.RunError` with each such secret and what to do, if it does not
 */
export async function freeSecretNames(
  { aws, record, held, environment }: Pick<ProgramRun, "aws" | "record" | "held" | "environment">,
  customers: readonly CustomerArgs[],
): Promise<Map<NamedResource, string>> {
  const heldNames = new Set(
    held.filter(({ type }) => type === secretType).map(({ outputs }) => outputs["name"]),
  );
  const wanted = customers
    .flatMap((args) => secretsOf(args, held))
    .filter(({ name }) => !heldNames.has(name));
  if (wanted.length === 0) return new Map();
  const taken = await findTaken({ aws, record }, wanted);
  if (taken.length === 0) return new Map();
  if (!continuesOnError(environment)) throw refusal(describeTaken(taken, "Nothing was changed."));
  await pulumi.log.warn(describeTaken(taken, "Nothing is created for these; the other customers continue."));
  return new Map(taken.map(({ slot, what }) => [{ type: secretType, name: slot }, what]));
}

/** A secret that the stack is to create. */
interface NewSecret extends WantedSecret {
  customer: string;
  /** The name of its resource in the stack. */
  slot: string;
}

/** Access to AWS, and the record of what is done there. */
interface Access {
  aws: SecretsManager;
  record: ProgramRecord;
}

/** One warning reports that AWS cannot be called; the first call determines that. */
async function findTaken(
  { aws, record }: { aws: Aws; record: ProgramRecord },
  [first, ...others]: readonly NewSecret[],
): Promise<TakenName[]> {
  if (first === undefined) return [];
  const look = async (secrets: SecretsManager, secret: NewSecret): Promise<TakenName[]> => {
    const { customer, slot } = secret;
    const what = await freeName({ aws: secrets, record }, secret);
    return what === undefined ? [] : [{ customer, slot, what }];
  };
  try {
    return await askAws(aws, async (secrets) => [
      ...(await look(secrets, first)),
      ...(await Promise.all(others.map((secret) => look(secrets, secret)))).flat(),
    ]);
  } catch (error) {
    if (error instanceof pulumi.RunError) throw error;
    await pulumi.log.warn(
      `Could not check whether the names of new secrets are free in AWS: ${messageOf(error)} ` +
        "(this needs secretsmanager:DescribeSecret, and DeleteSecret for an empty secret that an interrupted up left behind).",
    );
    return [];
  }
}

/** A customer's secret whose name is taken. */
interface TakenName {
  customer: string;
  /** The name of its resource in the stack. */
  slot: string;
  what: string;
}

const tenantsByName = oncePer(
  (held: readonly HeldResource[]) =>
    new Map(held.flatMap((one) => (one.type === tenantType ? [[one.outputs["name"], one] as const] : []))),
);

/** A tenant's id is in the state before any of its secrets is created; without it, no secret can be this stack's. */
function secretsOf(args: CustomerArgs, held: readonly HeldResource[]): NewSecret[] {
  const tenantId = tenantsByName(held).get(args.name)?.outputs["tenantId"];
  return args.applications.map((application) => ({
    customer: args.name,
    slot: slotName(args.name, application),
    name: secretName(args, application),
    tags: typeof tenantId === "string" ? secretTags(args, application.cell, tenantId) : undefined,
  }));
}

/** Resolves with the obstacle if a name is neither free nor can be freed. */
async function freeName({ aws, record }: Access, wanted: NewSecret): Promise<string | undefined> {
  const found = await aws.describe(wanted);
  if (found === undefined) return undefined;
  if (!found.isEmptyAndWanted) return describeSecret(wanted.name, found);
  if (pulumi.runtime.isDryRun()) {
    await pulumi.log.info(`${leftBehind(wanted.name)}: an up deletes it and creates it again.`);
    return undefined;
  }
  const { name: secretName, slot } = wanted;
  const parameters = { arn: found.arn, secretName };
  await record.do({ type: "EmptySecret", operation: "delete", slot, parameters }, async () => {
    await aws.deleteEmpty(found.arn);
    return "deleted";
  });
  await pulumi.log.info(`${leftBehind(wanted.name)}: it was deleted and is created again.`);
  return undefined;
}

function leftBehind(name: string): string {
  return `The secret ${name} was left behind, empty, by an interrupted up`;
}

function describeSecret(name: string, { arn, deletedAt }: SecretDescription): string {
  return deletedAt === undefined
    ? `${name} exists (${arn})`
    : `${name} waits for its deletion, ${describeDeletion(deletedAt)} (${arn})`;
}

function describeTaken(taken: readonly TakenName[], effect: string): string {
  const customers = [...new Set(taken.map(({ customer }) => customer))];
  const restores = customers.map((customer) => `      npm run tenants -- restore ${customer}`).join("\n");
  return (
    `Secrets that this stack would create already exist in AWS, but not in this stack's state:\n${taken.map(({ what }) => `  - ${what}`).join("\n")}\n` +
    `${effect} Find out who owns them.\n` +
    `  - If they are from this stack (a removed customer, or a lost state), restore them with their ARNs and old versions, and run the same command again; it stores the new credential in them:\n${restores}\n` +
    "  - If another stack owns them: set another tenants:secretPrefix in this one.\n" +
    "  - If no one needs them: delete them permanently, and run the same command again: aws secretsmanager delete-secret --force-delete-without-recovery --secret-id <name>"
  );
}
