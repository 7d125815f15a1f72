import { isDeepStrictEqual } from "node:util";

import type { Secret } from "@pulumi/aws/secretsmanager/secret";
import * as pulumi from "@pulumi/pulumi";
import type { Ending } from "pulumi-resistant-tenants/internal/journal";
import { type HeldResource, nameOfUrn } from "pulumi-resistant-tenants/internal/own-stack";
import { secretType } from "pulumi-resistant-tenants/internal/resource-types";
import { slotName } from "pulumi-resistant-tenants/internal/vocabulary";

import type { Provided } from "../outputs/outputs";
import { settle } from "../outputs/settle";
import type { ProgramRun } from "../program-run";
import type { AnnouncedChange } from "./program-record";

/** What a change of a customer can change in AWS. */
const protectedProperties = ["kmsKeyId", "policy", "replicas", "recoveryWindowInDays", "tags"] as const;

/**
 * Ends, on the record, the announced changes that nobody ended: the program of a `refresh` or a `destroy` announces them
 * like that of an `up`, from which it cannot tell them apart, and the engine then does nothing of it; `--target` may
 * leave out a part; and a resource may have failed. What the engine answers of the customer's secrets tells.
 *
 * @param announced by customer
 * @param provided all customers, once each of their resources was registered or has failed
 */
export async function endUnaskedChanges(
  { record, held }: Pick<ProgramRun, "record" | "held">,
  announced: ReadonlyMap<string, AnnouncedChange>,
  provided: readonly Provided[],
): Promise<void> {
  if (announced.size === 0) return;
  await record.endOpen(announced, async (customer) => {
    const found = provided.find(({ args }) => args.name === customer);
    const isUntouched = found !== undefined && (await areSecretsUntouched(found, held));
    return isUntouched ? untouched : perhapsTouched;
  });
}

const untouched: Ending = {
  outcome: "failed",
  message: "Nothing of it was done: this was no `pulumi up`, or it left the customer out.",
};
const perhapsTouched: Ending = {
  outcome: "unknown",
  message: "It may be done in part: the update left out or could not finish a part of the customer.",
};

async function areSecretsUntouched(
  { args, customer }: Provided,
  held: readonly HeldResource[],
): Promise<boolean> {
  const answers = customer.applications.map(async ({ cell, purpose, secret }) => {
    const name = slotName(args.name, { cell, purpose });
    const before = held.find(({ type, urn }) => type === secretType && nameOfUrn(urn) === name);
    const now = await settle<object>(propertiesOf(secret));
    if (before === undefined) return now.kind !== "known";
    return now.kind === "known" && isDeepStrictEqual(picked(now.value), picked(before.outputs));
  });
  return (await Promise.all(answers)).every((isUntouched) => isUntouched);
}

function propertiesOf(secret: Secret): Record<string, pulumi.Input<unknown>> {
  return Object.fromEntries(protectedProperties.map((property) => [property, secret[property]]));
}

function picked(outputs: object): unknown[] {
  return protectedProperties.map((property) => (outputs as Record<string, unknown>)[property] ?? null);
}
