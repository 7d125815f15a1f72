import {
  secretType,
  secretVersionType,
  signingKeyType,
  tenantApplicationType,
  tenantType,
} from "pulumi-resistant-tenants/internal/operator";
import { readApplicationName } from "pulumi-resistant-tenants/internal/vocabulary";
import { z } from "zod";

/** A step of the engine, as the worker records it: see `work/engine-events.ts`. */
const stepSchema = z.object({
  operation: z.string(),
  type: z.string(),
  name: z.string(),
  state: z.enum(["begun", "done", "failed"]),
});
type Step = z.output<typeof stepSchema>;

/** Parses the step of a progress event; undefined if it has none. */
export function stepOf(data: Readonly<Record<string, unknown>>): Step | undefined {
  return stepSchema.safeParse(data["step"]).data;
}

/** Words for a step in progress, done and failed. */
type Words = Readonly<Record<Step["state"], string>>;

const creations = ["create", "create-replacement", "replace"];
const deletions = ["delete", "delete-replaced", "discard", "discard-replaced"];

/** Describes what the worker is doing or has done. */
export function wordsOfProgress(data: Readonly<Record<string, unknown>>): string {
  const step = stepOf(data);
  if (step !== undefined) return wordsOfStep(step)[step.state];
  const { message } = data;
  return typeof message === "string" ? message.charAt(0).toUpperCase() + message.slice(1) : "It continues";
}

function wordsOfStep({ operation, type, name }: Step): Words {
  const isCreation = creations.includes(operation);
  const isDeletion = deletions.includes(operation);
  if (operation === "import")
    return words(`taking over ${thing(type, name)}`, `took over ${thing(type, name)}`);
  switch (type) {
    case tenantType:
      if (isCreation)
        return {
          begun: `Asking the vendor to create tenant ${name}, and checking whether the vendor has created it`,
          done: `The vendor has created tenant ${name}`,
          failed: `The vendor has not created tenant ${name}`,
        };
      if (isDeletion)
        return {
          begun: `Asking the vendor to delete tenant ${name}, and checking that it is deleted`,
          done: `The vendor has deleted tenant ${name}`,
          failed: `The vendor has not deleted tenant ${name}`,
        };
      break;
    case tenantApplicationType:
      if (isCreation)
        return {
          begun: `Asking the vendor for the credentials of ${place(name)}`,
          done: `The vendor has created the client of ${place(name)}`,
          failed: `The vendor has not created the client of ${place(name)}`,
        };
      if (isDeletion)
        return words(`deleting the client of ${place(name)}`, `deleted the client of ${place(name)}`);
      break;
    case secretVersionType:
      if (isCreation || operation === "update")
        return {
          begun: `Storing the credentials of ${place(name)}`,
          done: `The credentials of ${place(name)} are stored: no one has seen them`,
          failed: `The credentials of ${place(name)} could not be stored`,
        };
      break;
    case secretType:
      if (isCreation)
        return words(
          `creating the secret for the credentials of ${place(name)} in Secrets Manager`,
          `created the secret for the credentials of ${place(name)} in Secrets Manager`,
        );
      break;
  }
  const what = thing(type, name);
  if (isCreation) return words(`creating ${what}`, `created ${what}`);
  if (isDeletion) return words(`deleting ${what}`, `deleted ${what}`);
  return words(`changing ${what}`, `changed ${what}`);
}

function words(going: string, done: string): Words {
  const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
  return { begun: capital(going), done: capital(done), failed: `This failed: ${going}` };
}

const nouns: Readonly<Record<string, string>> = {
  [tenantType]: "tenant",
  [tenantApplicationType]: "the client of",
  [signingKeyType]: "the key pair of",
  [secretType]: "the secret of",
  [secretVersionType]: "the stored credentials of",
};

function thing(type: string, name: string): string {
  return `${nouns[type] ?? "a part of"} ${place(name)}`;
}

/** `acme/eu-1/default` is shown as acme in eu-1; another purpose is shown, too. */
function place(name: string): string {
  const read = readApplicationName(name);
  if (read === undefined) return name;
  const { customer, cell, purpose, generation } = read;
  const which = purpose === "default" ? "" : ` (${purpose})`;
  return `${customer} in ${cell}${which}${generation === 1 ? "" : `, generation ${generation}`}`;
}

/** An event in a history. */
interface Told {
  kind: string;
  at: string;
  data: Readonly<Record<string, unknown>>;
}

/** A line of a history: an event, or a step from its beginning to its end. */
export type Line<Event extends Told> = Event & {
  /** How long the step took, in seconds; undefined if it is no step, or has not ended. */
  tookSeconds?: number;
};

/** Merges the beginning and end of each step into one line, in place of the beginning. */
export function foldSteps<Event extends Told>(events: readonly Event[]): Line<Event>[] {
  const lines: Line<Event>[] = [];
  /** The lines of steps that have begun and not ended, by step. */
  const open = new Map<string, number[]>();
  for (const event of events) {
    const step = event.kind === "progress" ? stepOf(event.data) : undefined;
    const places = (step === undefined ? undefined : open.get(keyOf(step))) ?? [];
    if (step?.state === "begun") open.set(keyOf(step), [...places, lines.length]);
    const begun = step === undefined || step.state === "begun" ? undefined : places.pop();
    const before = begun === undefined ? undefined : lines[begun];
    if (begun === undefined || before === undefined) lines.push(event);
    else {
      const tookSeconds = Math.round((Date.parse(event.at) - Date.parse(before.at)) / 1_000);
      lines[begun] = { ...event, at: before.at, tookSeconds };
    }
  }
  return lines;
}

function keyOf({ operation, type, name }: Step): string {
  return [operation, type, name].join(" ");
}
