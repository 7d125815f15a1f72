import { dayMs } from "pulumi-resistant-tenants/internal/clock";
import {
  defaultAuthMethod,
  hasSecret,
  parseJson,
  rowOfStage,
} from "pulumi-resistant-tenants/internal/vocabulary";
import { z } from "zod";

import type { DeclaredCustomer, DeclaredRotation } from "./resource";

/**
 * The part of the stack's configuration that rules use. The program checks all of it: what it refuses counts
 * as absent here.
 */

const unitMs: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: dayMs };

/** `90d`, `12h`, `30m`, in milliseconds; anything else counts as absent. */
const durationSchema = z
  .string()
  .regex(/^\d{1,5}[mhd]$/)
  .transform((text) => Number(text.slice(0, -1)) * (unitMs[text.at(-1) ?? ""] ?? Infinity))
  .optional()
  .catch(undefined);

const rotationSchema = z
  .union([z.literal("none"), z.object({ every: durationSchema, rotateAt: z.array(z.unknown()).default([]) })])
  .optional()
  .catch(undefined);

type Rotation = z.output<typeof rotationSchema>;

const customerSchema = z.object({
  name: z.string(),
  status: z.unknown().optional(),
  applications: z
    .array(
      z.object({
        cell: z.string(),
        purpose: z.string().default("default"),
        authMethod: z.string().default(defaultAuthMethod),
        rotation: rotationSchema,
      }),
    )
    .default([])
    .catch([]),
});

/** Returns whether the stack is in a stage that the rules protect: production. */
export function isProtected(get: (key: string) => string | undefined): boolean {
  return rowOfStage(get("stage"))?.isProtected === true;
}

/**
 * Reads the customers; none in a stack of your own.
 *
 * @param get returns the value of a key of the namespace `tenants`
 * @param inFiles the entries of the files of `customersFrom`
 */
export function readCustomers(
  get: (key: string) => string | undefined,
  inFiles: readonly unknown[],
): ReadonlyMap<string, DeclaredCustomer> {
  const ofStage = rotationSchema.parse(valueOf(get("rotation")));
  const entries = z
    .array(z.unknown())
    .catch([])
    .parse(valueOf(get("customers")));
  return new Map(
    [...entries, ...inFiles].flatMap((entry) => {
      const { data } = customerSchema.safeParse(entry);
      return data === undefined ? [] : [[data.name, toCustomer(data, ofStage)] as const];
    }),
  );
}

function toCustomer(
  { status, applications }: z.output<typeof customerSchema>,
  ofStage: Rotation,
): DeclaredCustomer {
  const given = new Map(applications.map((application) => [slotOf(application), application]));
  return {
    isDeprecated: status === "deprecated",
    hasClientSecret: (slot) => hasSecret(given.get(slot)?.authMethod ?? defaultAuthMethod),
    // An application's own `rotation` replaces the stage's as a whole.
    rotationOf: (slot) => toRotation(given.get(slot)?.rotation ?? ofStage),
  };
}

function slotOf({ cell, purpose }: { cell: string; purpose: string }): string {
  return `${cell}/${purpose}`;
}

function toRotation(rotation: Rotation): DeclaredRotation | undefined {
  if (rotation === undefined || rotation === "none") return undefined;
  const atMs = rotation.rotateAt.map(toInstantMs).filter((ms) => !Number.isNaN(ms));
  return rotation.every === undefined && atMs.length === 0 ? undefined : { everyMs: rotation.every, atMs };
}

/** An unquoted date reaches a program in Go's format: `2026-11-24 00:00:00 +0000 UTC`. */
function toInstantMs(given: unknown): number {
  return typeof given === "string" ? Date.parse(given.replace(/ UTC$/, "")) : Number.NaN;
}

/** The engine passes text as it is, and a list or a map as JSON. */
function valueOf(text: string | undefined): unknown {
  return parseJson(text ?? "") ?? text;
}
