import {
  secretType,
  secretVersionType,
  signingKeyType,
  tenantApplicationType,
  tenantType,
} from "pulumi-resistant-tenants/internal/operator";
import { nameOfUrn, typeOfUrn } from "pulumi-resistant-tenants/internal/vocabulary";
import { parseObject } from "resistant-tenants-operations/stack/engine-output";
import { z } from "zod";

/**
 * The part of an engine's events that leaves the runner: which step of which resource has started, ended or
 * failed. It contains no value of a resource and no message of the engine, whose debug messages contain
 * credentials.
 */
export interface EngineEvent {
  operation: string;
  type: string;
  /** The resource's name in the stack. */
  name: string;
  state: "begun" | "done" | "failed";
  /** The event in words: `creating tenant acme`. */
  message: string;
}

/** The kinds of resources whose events leave the runner, by type. */
const nouns: Readonly<Record<string, string>> = {
  [tenantType]: "tenant",
  [tenantApplicationType]: "application",
  [signingKeyType]: "the key pair of",
  [secretType]: "the secret of",
  [secretVersionType]: "the credential of",
};

/** Words by operation, for steps in progress and done. */
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
/** The kinds of events that leave the runner. All others are dropped unread. */
const statesOfKinds = {
  resourcePreEvent: "begun",
  resOutputsEvent: "done",
  resOpFailedEvent: "failed",
} as const satisfies Record<string, EngineEvent["state"]>;

/** Steps that change nothing. */
const unchanging = new Set(["same", "read", "refresh"]);

/** Extracts from one line of `pulumi up --json` what may leave the runner. */
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
