import { messageOf } from "../../client/errors";
import type { Properties } from "./inputs";
import { PartlyMadeError } from "./partly-made";
import type { Run } from "../run/run";

/**
 * Turns whatever was thrown into what the engine shows: the message, once. The host prints an error's `stack` beside
 * it, in full and without its resource's name, so none is given; an error of the client's never reaches it whole,
 * with its cause and what that may hold.
 */
export class ReportedError extends Error {
  /** What the host needs to keep a partly made object in the state. */
  readonly id?: string;
  readonly properties?: Properties;
  readonly reasons?: string[];

  constructor(error: unknown) {
    super(messageOf(error));
    if (error instanceof PartlyMadeError) {
      this.id = error.id;
      this.properties = error.properties;
      this.reasons = error.reasons;
    }
    this.name = "Refused";
    this.stack = "see the resource's own error";
  }

  override toString(): string {
    return this.name;
  }
}

/** A provider whose methods all answer later. */
type Reporting<T> = {
  [Name in keyof T]: T[Name] extends (...args: infer Args) => infer Result
    ? (...args: Args) => Promise<Awaited<Result>>
    : T[Name];
};

/**
 * Makes every method of a provider throw {@link ReportedError}, and do nothing where the process of its run was started
 * in a way that writes credentials down.
 */
export function reporting<T extends object>(
  run: Pick<Run, "assertNothingReveals">,
  provider: T,
): Reporting<T> {
  return new Proxy(provider as Reporting<T>, {
    get: (target, name) => {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== "function") return member;
      return async (...args: unknown[]): Promise<unknown> => {
        try {
          if (name !== "configure") run.assertNothingReveals();
          return await (member as (...given: unknown[]) => unknown).apply(target, args);
        } catch (error) {
          throw new ReportedError(error);
        }
      };
    },
  });
}
