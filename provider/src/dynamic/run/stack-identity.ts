import type { SlotInput } from "../../names/slot";

/** A stack as the engine names it in its requests: the organization is not part of it. */
export interface RequestedStack {
  project: string;
  stack: string;
}

/**
 * The name that the stack has in this run. The state keeps the one under which each object was made; a stack that was
 * renamed or moved since is recorded under its present name, and its former record is found under the former one.
 */
export class StackIdentity {
  /** As the program declares it; undefined where no program runs (`destroy`, `refresh`). */
  #declared: string | undefined;
  #requested: RequestedStack | undefined;
  readonly #former = new Set<string>();

  /** Notes the stack's present name, and the other names that its state tells. */
  noteDeclared(stack: string, formerly: readonly string[] = []): void {
    this.#declared = stack;
    for (const name of formerly) this.#former.add(name);
  }

  /** Notes the stack that a request of the engine's names. */
  noteRequested(requested: RequestedStack): void {
    this.#requested = requested;
  }

  /**
   * Gives the present name of the stack that a slot belongs to.
   *
   * @param slot what the program declares, or what the state holds
   */
  presentStackOf({ stack: recorded }: Pick<SlotInput, "stack">): string {
    const present = this.#declared ?? this.#renamed(recorded);
    if (recorded !== "" && recorded !== present) this.#former.add(recorded);
    return present;
  }

  /** Gives the names that the stack has had, as far as this run knows by now. */
  formerNames(): string[] {
    return [...this.#former];
  }

  #renamed(recorded: string): string {
    const [organization, ...rest] = recorded.split("/");
    if (this.#requested === undefined || organization === undefined || rest.length !== 2) return recorded;
    return `${organization}/${this.#requested.project}/${this.#requested.stack}`;
  }
}
