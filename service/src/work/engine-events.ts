import { open } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";

import {
  secretType,
  secretVersionType,
  signingKeyType,
  tenantApplicationType,
  tenantType,
} from "pulumi-resistant-tenants/internal/operator";
import { nameOfUrn, printable, typeOfUrn } from "pulumi-resistant-tenants/internal/vocabulary";
import { z } from "zod";

/**
 * What leaves the runner of an engine's events: which step of which resource begins, has ended or has failed. No value
 * of a resource and no message of the engine is in it: its debug messages hold credentials.
 */
export interface EngineEvent {
  operation: string;
  type: string;
  /** The resource's name in the stack. */
  name: string;
  state: "begun" | "done" | "failed";
  /** The same in words: `creating tenant acme`. */
  message: string;
}

/** The kinds of resources of which anything leaves the runner, by their type. */
const nouns: Readonly<Record<string, string>> = {
  [tenantType]: "tenant",
  [tenantApplicationType]: "application",
  [signingKeyType]: "the key pair of",
  [secretType]: "the secret of",
  [secretVersionType]: "the credential of",
};

/** By operation: what is going on, and what is done. */
const verbs: Readonly<Record<string, readonly [string, string]>> = {
  create: ["creating", "created"],
  "create-replacement": ["creating", "created"],
  replace: ["replacing", "replaced"],
  update: ["changing", "changed"],
  import: ["adopting", "adopted"],
  delete: ["deleting", "deleted"],
  "delete-replaced": ["deleting", "deleted"],
};

function wordsFor(operation: string, noun: string, name: string, state: EngineEvent["state"]): string {
  const [going, done] = verbs[operation] ?? ["working on", "finished with"];
  const [doing, ended] =
    noun === nouns[secretVersionType] && operation === "create" ? ["storing", "stored"] : [going, done];
  if (state === "done") return `${ended} ${noun} ${name}`;
  return `${doing} ${noun} ${name}${state === "failed" ? " failed" : ""}`;
}

const metadata = z.object({ metadata: z.object({ op: z.string(), urn: z.string() }) });
const diagnostic = z.object({
  diagnosticEvent: z.object({ severity: z.string(), message: z.string(), urn: z.string().optional() }),
});

/** The kinds of events of which anything leaves the runner. Every other is dropped unread. */
const statesOfKinds = {
  resourcePreEvent: "begun",
  resOutputsEvent: "done",
  resOpFailedEvent: "failed",
} as const satisfies Record<string, EngineEvent["state"]>;

/** Steps that change nothing. */
const unchanging = new Set(["same", "read", "refresh"]);

/** Takes from one line of what `pulumi up --json` writes what may leave the runner. */
export function eventIn(line: string): EngineEvent | undefined {
  const parsed = parseObject(line);
  for (const [kind, state] of Object.entries(statesOfKinds)) {
    const read = metadata.safeParse(parsed?.[kind]).data?.metadata;
    if (read === undefined || unchanging.has(read.op)) continue;
    const [operation, type, name] = [read.op, typeOfUrn(read.urn), nameOfUrn(read.urn)];
    const noun = nouns[type];
    if (noun === undefined) continue;
    return { operation, type, name, state, message: wordsFor(operation, noun, name, state) };
  }
  return undefined;
}

/** Follows the file of an engine's events to its end. */
export async function followEvents(
  path: string,
  ended: AbortSignal,
  onEvent: (event: EngineEvent) => Promise<void>,
): Promise<void> {
  const file = await open(path, "r");
  try {
    let rest = "";
    let position = 0;
    for (;;) {
      const isLast = ended.aborted;
      const { buffer, bytesRead } = await file.read(Buffer.alloc(1 << 16), 0, 1 << 16, position);
      position += bytesRead;
      rest += buffer.toString("utf8", 0, bytesRead);
      const lines = rest.split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) {
        const event = eventIn(line);
        if (event !== undefined) await onEvent(event);
      }
      if (bytesRead === 0) {
        if (isLast) return;
        await sleep(200, undefined, { signal: ended }).catch(() => undefined);
      }
    }
  } finally {
    await file.close();
  }
}

/**
 * Finds what a command says that went wrong, in words: its diagnostics of severity `error`, which hold no credential.
 *
 * @param written what `pulumi preview --json` or `pulumi up --json` wrote
 * @returns undefined where it says nothing
 */
export function problemIn(written: string): string | undefined {
  const whole = parseObject(written);
  const messages =
    whole === undefined
      ? written.split("\n").flatMap((line) => {
          const read = diagnostic.safeParse(parseObject(line)).data?.diagnosticEvent;
          return read?.severity.startsWith("error") === true ? [read.message] : [];
        })
      : z
          .array(z.object({ severity: z.string(), message: z.string() }))
          .catch([])
          .parse(whole["diagnostics"])
          .filter(({ severity }) => severity.startsWith("error"))
          .map(({ message }) => message);
  const told = [...new Set(messages.map(cleaned))].filter((message) => message !== "");
  return told.length === 0 ? undefined : told.join("\n").slice(0, 4_000);
}

/** The engine says of every update that it failed, and the SDK adds its own frames. */
function cleaned(message: string): string {
  return message
    .split("\n")
    .filter((line) => !/^\s*at .*\(.*\)$/.test(line) && line.trim() !== "update failed")
    .map((line) => printable(line.replace(/^error: /, "")))
    .join("\n")
    .trim();
}

function parseObject(text: string): Record<string, unknown> | undefined {
  if (!text.trimStart().startsWith("{")) return undefined;
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}
