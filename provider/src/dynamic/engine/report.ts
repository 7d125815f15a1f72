import { messageOf } from "../../client/errors";
import { noteCredential } from "../../client/redaction";
import type { Run } from "../run/run";
import type { Properties } from "./inputs";

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

/** The properties of our resources that are credentials. */
const credentials = ["clientSecret", "privateKeyPem"] as const;

/** A server may repeat a credential in its answer, which its message then quotes. */
function noteCredentialsIn(args: readonly unknown[]): void {
  for (const properties of args) {
    if (typeof properties !== "object" || properties === null) continue;
    for (const name of credentials) {
      const value = (properties as Properties)[name];
      if (typeof value === "string") noteCredential(value);
    }
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
        noteCredentialsIn(args);
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

/**
 * Says that an object was made, and that what the API told of it is not whole. The engine then keeps it in the state,
 * where it can be completed by `update`, or deleted.
 */
export class PartlyMadeError extends Error {
  /** What the engine shows and stores in plain text: never a credential. */
  readonly reasons: string[];

  /**
   * @param id the object's id
   * @param properties what the state is to hold, the inputs and `__provider` among them
   * @param next what to do, to end a sentence
   */
  constructor(
    readonly id: string,
    readonly properties: Properties,
    cause: unknown,
    next = "run `pulumi up` again, which reads the rest",
  ) {
    super(`${messageOf(cause)} It was made, as ${id}, and is kept in the state, partly: ${next}.`, { cause });
    this.name = "PartlyMadeError";
    this.reasons = [this.message];
  }
}
