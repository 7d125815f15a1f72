import type { RecordedAs } from "./chain";
import type { RecordedType } from "./event";
import type { Defect, Verifier } from "./verify";

/** An object that a stack's state holds. */
export interface HeldObject {
  type: RecordedType;
  objectId: string;
  /** The resource's name in the stack. */
  slot: string;
  /** Where its create is on record; undefined where an earlier version made it, or it was not known in time. */
  recordedAs: Pick<RecordedAs, "sequence" | "hash"> | undefined;
}

/** What a state is compared as. */
export interface ComparedState {
  /** `organization/project/stack`. */
  stack: string;
  objects: readonly HeldObject[];
  /** The ids of what was handed over to another owner. */
  released: readonly string[];
}

/**
 * Compares a journal with the state of its stack, which knows where each create is on record: a journal that was cut off
 * at its end, or written anew, does not have all of them. What the journal says was made has to be in the state, or to
 * have been deleted or handed over.
 *
 * @param settle the command that finds out what became of what is not accounted for, and records it
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
          `nothing says what became of ${type} ${objectId} (${description}): the state does not hold it, and it is not on record as deleted or handed over. ` +
          "It was deleted at the vendor by others, or moved to another stack, or the state was changed, or the end of the journal was cut off. " +
          `Run \`${settle}\`: it looks for it, and records that it is gone, or which stack holds it; what is still there and nobody's, it names`,
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
    const problem = `the state holds ${what}, and its create is not on record: it was taken out of the journal. If an update was killed, \`npm run tenants -- reconcile --fix\` records what it made`;
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
          problem: `the state knows the create of ${what} as event ${sequence}, ${hash}, and the journal ends with event ${end}: its end was cut off`,
        },
      ]
    : [
        {
          kind: "changed",
          where: location,
          problem: `the state knows the create of ${what} as event ${sequence}, ${hash}, and the journal does not have it: it was changed or taken out, or stripped of its hash`,
        },
      ];
}
