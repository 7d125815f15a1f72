import type { SlotInput } from "../../names/slot";
import type { RequestedStack } from "../engine/provider-process";

/**
 * The stack's name in this run. The state contains the name under which each object was created; a stack that
 * was renamed or moved since is recorded under its present name, and its earlier record is found under the
 * former one.
 */
export class StackIdentity {
  /** As the program declares it; undefined if no program runs (`destroy`, `refresh`). */
  #declared: string | undefined;
  #requested: RequestedStack | undefined;
  readonly #former = new Set<string>();

  /** Notes the stack's present name, and the other names in its state. */
  noteDeclared(stack: string, formerly: readonly string[] = []): void {
    this.#declared = stack;
    for (const name of formerly) this.#former.add(name);
  }

  /** Notes the stack in a request of the engine. */
  noteRequested(requested: RequestedStack): void {
    this.#requested = requested;
  }

  /**
   * Returns the present name of a slot's stack.
   *
   * @param slot as the program declares it, or from the state
   */
  presentStackOf({ stack: recorded }: Pick<SlotInput, "stack">): string {
    const present = this.#declared ?? this.#renamed(recorded);
    if (recorded !== "" && recorded !== present) this.#former.add(recorded);
    return present;
  }

  /** Returns the stack's former names, as far as this run knows. */
  formerNames(): string[] {
    return [...this.#former];
  }

  #renamed(recorded: string): string {
    const [organization, ...rest] = recorded.split("/");
    if (this.#requested === undefined || organization === undefined || rest.length !== 2) return recorded;
    return `${organization}/${this.#requested.project}/${this.#requested.stack}`;
  }
}
