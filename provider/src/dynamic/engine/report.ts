import { noteCredential } from "../../client/redaction";
import { messageOf } from "../../client/text";
import type { Properties } from "./inputs";

/**
 * Turns any thrown value into what the engine shows: the message, once. The host also prints an error's
 * `stack`, in full and without its resource's name, so this error has none; a client's error never reaches it
 * whole, with its cause and contents.
 */
export class ReportedError extends Error {
  /** What the host needs to store a partly created object in the state. */
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

/** A server may repeat a credential in its response, which its message then quotes. */
function noteCredentialsIn(args: readonly unknown[]): void {
  for (const properties of args) {
    if (typeof properties !== "object" || properties === null) continue;
    for (const name of credentials) {
      const value = (properties as Properties)[name];
      if (typeof value === "string") noteCredential(value);
    }
  }
}

/** A provider with only asynchronous methods. */
type Reporting<T> = {
  [Name in keyof T]: T[Name] extends (...args: infer Args) => infer Result
    ? (...args: Args) => Promise<Awaited<Result>>
    : T[Name];
};

/**
 * Makes every method of a provider throw {@link ReportedError}, and do nothing if the process of its run was
 * started with a switch that writes credentials.
 */
export function reporting<T extends object>(
  run: { assertNothingReveals: () => void },
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
 * Reports that an object was created, and that the API's response about it was incomplete. The engine stores
 * the object in the state, where `update` completes it, or it can be deleted.
 */
export class PartlyMadeError extends Error {
  /** Shown and stored by the engine in plain text: never a credential. */
  readonly reasons: string[];

  /**
   * @param id the object's id
   * @param properties its state, including the inputs and `__provider`
   * @param next what to do, a sentence without its full stop
   */
  constructor(
    readonly id: string,
    readonly properties: Properties,
    cause: unknown,
    next = "Run `pulumi up` to finish",
  ) {
    super(`${messageOf(cause)} It was created as ${id} and is partly stored in the state. ${next}.`, {
      cause,
    });
    this.name = "PartlyMadeError";
    this.reasons = [this.message];
  }
}
