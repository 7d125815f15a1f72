import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import path from "node:path";

import type { FleetStack, FleetStage } from "./stage";

/** Keys that do not affect the digest: the reason of a run, and settings that only warn. */
const ignored = new Set(["tenants:reason", "tenants:quota"]);

/** The start of the message of an update that a fleet ran; the digest follows. */
const marker = "tenants fleet ";

/**
 * Returns the digest of everything that an `up` of a stack depends on and that is known beforehand: its
 * customers as declared, the stage's settings, and the release. The `up` has it in its message, so the
 * engine's history shows what a stack last applied: `pulumi stack history`.
 */
export function digestOf(stage: FleetStage, stack: FleetStack, release: string): string {
  const customers = stack.customers
    .map(({ configuration }) => configuration)
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const settings = [...stage.values]
    .filter(([key]) => !ignored.has(key))
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
  const { secretPrefix } = stage.configuration;
  const text = JSON.stringify(sorted({ v: 1, release, secretPrefix, settings, customers }));
  return createHash("sha256").update(text).digest("hex").slice(0, 32);
}

/** Writes the message of the update that applies the configuration with this digest. */
export function toMessage(digest: string): string {
  return marker + digest;
}

/** Reads the digest from the message of an update; undefined if no fleet ran it. */
export function digestIn(message: string): string | undefined {
  return message.startsWith(marker) ? message.slice(marker.length) : undefined;
}

/** Returns the installed release: its version, and a hash of the compiled sources. */
export function installedRelease(): string {
  const root = path.resolve(path.dirname(require.resolve("resistant-tenants-stacks/package.json")), "..");
  const manifest = readFileSync(path.join(root, "provider/package.json"), "utf8");
  const { version } = JSON.parse(manifest) as { version: string };
  const [sources = ""] = readFileSync(path.join(root, "dist/built"), "utf8").split("\n");
  return `${version}+${sources.slice(0, 16)}`;
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value as Record<string, unknown>).filter(([, each]) => each !== undefined);
  return Object.fromEntries(
    entries.toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([key, each]) => [key, sorted(each)]),
  );
}
