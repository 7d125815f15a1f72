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
import { describeDeletion, messageOf, slotName } from "pulumi-resistant-tenants/internal/vocabulary";

import type { CustomerArgs } from "../customer/customer";
import type { NamedResource } from "../outputs/describe-resource";
import type { ProgramRun } from "../program-run";
import type { ProgramRecord } from "../record/program-record";
import { askAws } from "../secret/aws-access";
import { secretName, secretTags } from "../secret/stored-secret";
import { continuesOnError } from "./continue-on-error";

/**
 * Makes sure, before anything is created, that the name of each new secret is free in AWS: otherwise its create would
 * fail late, and in AWS's words. A secret that an interrupted `up` of this stack has made, and that is still empty, is
 * deleted: its tags, with the id of a tenant that the state holds, show whose it is.
 *
 * Nothing is asked of AWS where the state holds all secrets that are declared.
 *
 * @returns the secrets whose name is taken, with what is in the way, where the update goes on after a failure
 *   (`PULUMI_CONTINUE_ON_ERROR`): nothing else of these applications may be created either
 * @throws `pulumi.RunError` that names each secret that is in the way, and what to do, where it does not
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
  await pulumi.log.warn(describeTaken(taken, "Nothing is created for these; the other customers go on."));
  return new Map(taken.map(({ slot, what }) => [{ type: secretType, name: slot }, what]));
}

/** A secret that the stack is to create. */
interface NewSecret extends WantedSecret {
  customer: string;
  /** The name of its resource in the stack. */
  slot: string;
}

/** How AWS is reached, and what is done there recorded. */
interface Access {
  aws: SecretsManager;
  record: ProgramRecord;
}

/** One warning tells that AWS cannot be asked; what is asked first finds that out. */
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
      `Whether the names of new secrets are free in AWS could not be found out: ${messageOf(error)} ` +
        "(it takes secretsmanager:DescribeSecret; DeleteSecret for one that an interrupted up left behind, empty).",
    );
    return [];
  }
}

/** What is in the way of a customer's secret. */
interface TakenName {
  customer: string;
  /** The name of its resource in the stack. */
  slot: string;
  what: string;
}

/** A tenant's id stands in the state before any secret of it is made; without it none can be this stack's. */
function secretsOf(args: CustomerArgs, held: readonly HeldResource[]): NewSecret[] {
  const tenant = held.find(({ type, outputs }) => type === tenantType && outputs["name"] === args.name);
  const tenantId = tenant?.outputs["tenantId"];
  return args.applications.map((application) => ({
    customer: args.name,
    slot: slotName(args.name, application),
    name: secretName(args, application),
    tags: typeof tenantId === "string" ? secretTags(args, application.cell, tenantId) : undefined,
  }));
}

/** Resolves with what is in the way of a name, where it is neither free nor can be made so. */
async function freeName({ aws, record }: Access, wanted: NewSecret): Promise<string | undefined> {
  const found = await aws.describe(wanted);
  if (found === undefined) return undefined;
  if (!found.isEmptyAndWanted) return describeSecret(wanted.name, found);
  if (pulumi.runtime.isDryRun()) {
    await pulumi.log.info(`${leftBehind(wanted.name)}: an up deletes it, and makes it again.`);
    return undefined;
  }
  const { name: secretName, slot } = wanted;
  const parameters = { arn: found.arn, secretName };
  await record.do({ type: "EmptySecret", operation: "delete", slot, parameters }, async () => {
    await aws.deleteEmpty(found.arn);
    return "deleted";
  });
  await pulumi.log.info(`${leftBehind(wanted.name)}: it was deleted, and is made again.`);
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
    `Secrets that this stack is to make are in AWS already, and in no state of this stack:\n${taken.map(({ what }) => `  - ${what}`).join("\n")}\n` +
    `${effect} Find out whose they are.\n` +
    `  - If they are this stack's of old, of a customer that was removed or of a state that was lost, take them back, with their ARNs and old versions, and run the same command again; it stores the new credential in them:\n${restores}\n` +
    "  - If another stack's: give this one another tenants:secretPrefix.\n" +
    "  - If nobody's: delete them for good, and run the same command again: aws secretsmanager delete-secret --force-delete-without-recovery --secret-id <name>"
  );
}
