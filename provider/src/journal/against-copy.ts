import { hashOf } from "./chain";
import { type Defect, describe } from "./defects";
import { readEntry } from "./entry";
import type { Verification, Verifier } from "./verify";

/** The result of a comparison with a copy. */
export interface ComparedCopy extends Pick<Verification, "notes"> {
  /** What the copy has and the journal does not. */
  defects: Defect[];
  /** The hashes of the events that the copy lacks. */
  lacking: ReadonlySet<string>;
  /** The same, as defects. */
  gaps: Defect[];
}

/** A copy of an event, as the audit log has it. */
export interface Copy {
  /** `log group:log stream`. */
  where: string;
  text: string;
}

/**
 * Compares a journal with its copy in the audit log, text by text. The journal may be older than the copy,
 * which then starts with a later event.
 *
 * @param location the copy's location
 * @param deliver the command that adds missing events to the copy
 */
export async function compareWithCopy(
  verifier: Verifier,
  stack: string,
  copies: AsyncIterable<readonly Copy[]>,
  location: string,
  deliver = "npm run tenants -- audit deliver",
): Promise<ComparedCopy> {
  const defects: Defect[] = [];
  const seen = new Set<string>();
  let first = Infinity;
  for await (const some of copies) {
    for (const copy of some) {
      const hash = hashOf(copy.text);
      const sequence = verifier.sequenceOf(hash);
      if (sequence === undefined) defects.push(notInJournal(copy, verifier.headOf(stack).sequence));
      else first = Math.min(first, sequence);
      seen.add(hash);
    }
  }
  const lacking = [...verifier.hashesOf(stack)].filter(
    ([hash, sequence]) => sequence > first && !seen.has(hash),
  );
  const gaps = ranges(lacking.map(([, sequence]) => sequence)).map((range) =>
    notInCopy(range, location, deliver),
  );
  const note = "has no event of this stack, so the journal was not compared with it";
  return {
    defects,
    lacking: new Set(lacking.map(([hash]) => hash)),
    gaps,
    notes: seen.size === 0 ? [{ kind: "notCompared", where: location, note }] : [],
  };
}

function notInJournal({ text, where }: Copy, end: number): Defect {
  const entry = readEntry(text, where);
  if (entry.kind !== "event")
    return { kind: "unreadable", where, problem: "it is not an event, and only events are stored there" };
  const { event } = entry;
  return (event.sequence ?? 0) > end
    ? {
        kind: "missing",
        where,
        problem: `the journal does not have this event, and ends with event ${end}: its end was removed (${describe(event)})`,
      }
    : {
        kind: "changed",
        where,
        problem: `the journal does not contain this exact event: it was changed or removed there, or added here (${describe(event)})`,
      };
}

function notInCopy([from, to]: [number, number], location: string, deliver: string): Defect {
  const events = from === to ? `event ${from}` : `events ${from} to ${to}`;
  return {
    kind: "missing",
    where: location,
    problem: `it lacks ${events} of the journal: they were never delivered (the run warned), or were removed. If no one removed them, run \`${deliver}\``,
  };
}

/** Groups numbers that follow each other. */
function ranges(numbers: readonly number[]): Array<[number, number]> {
  const grouped: Array<[number, number]> = [];
  for (const number of numbers.toSorted((a, b) => a - b)) {
    const last = grouped.at(-1);
    if (last?.[1] === number - 1) last[1] = number;
    else grouped.push([number, number]);
  }
  return grouped;
}
