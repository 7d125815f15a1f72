import type { RecordedAs } from "./chain";
import type { Defect } from "./defects";
import type { RecordedType } from "./event";
import type { Verifier } from "./verify";

/** An object that a stack's state holds. */
export interface HeldObject {
  type: RecordedType;
  objectId: string;
  /** The resource's name in the stack. */
  slot: string;
  /** The event of its create; undefined if an earlier version created it, or if it was not recorded in time. */
  recordedAs: Pick<RecordedAs, "sequence" | "hash"> | undefined;
}

/** What a comparison needs from a state. */
export interface ComparedState {
  /** `organization/project/stack`. */
  stack: string;
  objects: readonly HeldObject[];
  /** The ids of what was handed over to another owner. */
  released: readonly string[];
}

/**
 * Compares a journal with the state of its stack, which contains the event of each create: a journal that was truncated
 * or replaced lacks some of them. Each object that the journal says was created must be in the state, unless it was
 * deleted or handed over.
 *
 * @param settle the command that finds out what happened to unaccounted objects, and records it
 */
export function compareWithState(
  verifier: Verifier,
  state: ComparedState,
  location: string,
  settle = "npm run tenants -- reconcile --fix",
): Defect[] {
  const held = new Set(state.objects.map(({ type, objectId }) => `${type} ${objectId}`));
  return [
    ...state.objects.flatMap((object) => lackOf(object, verifier, state.stack, location)),
    ...verifier
      .objectsOf(state.stack)
      .filter(({ type, objectId }) => !held.has(`${type} ${objectId}`) && !state.released.includes(objectId))
      .map(({ type, objectId, where, description }) => ({
        kind: "open" as const,
        where,
        problem:
          `the end of ${type} ${objectId} (${description}) is not recorded: the state does not contain it, and the journal records no deletion or release. ` +
          "It was deleted directly at the vendor or moved to another stack, the state was changed, or the end of the journal was removed. " +
          `Run \`${settle}\`: it looks for the object, records that it is deleted or which stack holds it, and reports objects without an owner`,
      })),
  ];
}

function lackOf(
  { type, objectId, slot, recordedAs }: HeldObject,
  verifier: Verifier,
  stack: string,
  location: string,
): Defect[] {
  const creates = verifier.createsOf(type, objectId);
  const what = `${type} ${slot} (${objectId})`;
  if (recordedAs === undefined) {
    if (creates.length > 0) return [];
    const problem = `the state contains ${what}, but its creation is not recorded: it was removed from the journal. If an update was killed, \`npm run tenants -- reconcile --fix\` records what it created`;
    return [{ kind: "missing", where: location, problem }];
  }
  const { sequence, hash } = recordedAs;
  if (creates.includes(hash)) return [];
  const end = verifier.headOf(stack).sequence;
  return end < sequence
    ? [
        {
          kind: "missing",
          where: location,
          problem: `the state names event ${sequence}, ${hash}, as the creation of ${what}, but the journal ends with event ${end}: its end was removed`,
        },
      ]
    : [
        {
          kind: "changed",
          where: location,
          problem: `the state names event ${sequence}, ${hash}, as the creation of ${what}, but the journal does not contain it: it was changed or removed, or lost its hash`,
        },
      ];
}
