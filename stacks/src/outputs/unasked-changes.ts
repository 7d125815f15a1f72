import { isDeepStrictEqual } from "node:util";

import type { Secret } from "@pulumi/aws/secretsmanager/secret";
import * as pulumi from "@pulumi/pulumi";
import type { Ending } from "pulumi-resistant-tenants/internal/journal";
import { findHeld, type HeldResource } from "pulumi-resistant-tenants/internal/own-stack";
import { secretType } from "pulumi-resistant-tenants/internal/resource-types";
import { slotName } from "pulumi-resistant-tenants/internal/vocabulary";

import type { AnnouncedChange } from "../record/program-record";
import type { ProgramRun } from "../run/program-run";
import { settle } from "../values/settle";
import type { Provided } from "./outputs";

/** The properties in AWS that a change of a customer can change. */
const protectedProperties = ["kmsKeyId", "policy", "replicas", "recoveryWindowInDays", "tags"] as const;

/**
 * Records the end of announced changes that have none: the program of a `refresh` or a `destroy` announces
 * them like that of an `up`, from which it cannot be distinguished, and the engine then makes no change;
 * `--target` may omit a part; and a resource may have failed. The engine's results for the customer's secrets
 * decide.
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
  const byName = new Map(provided.map((one) => [one.args.name, one]));
  await record.endOpen(announced, async (customer) => {
    const found = byName.get(customer);
    const isUntouched = found !== undefined && (await areSecretsUntouched(found, held));
    return isUntouched ? untouched : perhapsTouched;
  });
}

const untouched: Ending = {
  outcome: "failed",
  message: "None of it was done: this was not a `pulumi up`, or it left the customer out.",
};
const perhapsTouched: Ending = {
  outcome: "unknown",
  message: "It may be partly done: the update left out or could not finish a part of the customer.",
};

async function areSecretsUntouched(
  { args, customer }: Provided,
  held: readonly HeldResource[],
): Promise<boolean> {
  const answers = customer.applications.map(async ({ cell, purpose, secret }) => {
    const name = slotName(args.name, { cell, purpose });
    const before = findHeld(held, secretType, name);
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
