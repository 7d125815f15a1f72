import { setImmediate } from "node:timers/promises";

import * as pulumi from "@pulumi/pulumi";
import { customerOf } from "pulumi-resistant-tenants/internal/vocabulary";

import { describeResource, type NamedResource } from "../values/describe-resource";

/**
 * Finds out which of the program's resources failed. If an update continues after a failure
 * (`--continue-on-error`), the SDK rejects all outputs of a failed resource, and with the same error those of
 * all resources that depend on it.
 */
export class Registrations {
  /** When the program started to declare them. */
  readonly startedAt = new Date();
  readonly declared: NamedResource[] = [];
  readonly #watched: Promise<void>[] = [];
  readonly #failed = new Map<unknown, NamedResource>();

  /** Watches the resources that the running program declares from now on. */
  static watch(): Registrations {
    const registrations = new Registrations();
    pulumi.runtime.registerStackTransformation(({ resource, type, name }) => {
      const declared = { type, name };
      registrations.declared.push(declared);
      // It has no URN before its constructor has returned.
      registrations.#watched.push(Promise.resolve().then(() => registrations.#register(resource, declared)));
      return undefined;
    });
    return registrations;
  }

  /**
   * Waits until each resource was registered, or has failed.
   *
   * @returns those that failed themselves, without those that only depend on them
   */
  async failed(): Promise<NamedResource[]> {
    await Promise.all(this.#watched);
    // The SDK prints what failed only while the program runs.
    if (this.#failed.size > 0) await setImmediate();
    return [...this.#failed.values()];
  }

  async #register(resource: pulumi.Resource, declared: NamedResource): Promise<void> {
    const urn = pulumi.recover(resource.urn, (error: unknown) => {
      // What depends on it is rejected later, with the same error.
      if (!this.#failed.has(error)) {
        this.#failed.set(error, declared);
        makeReadable(error, declared);
      }
      return "";
    });
    await pulumi.runtime.serializeProperties("registration", { urn });
  }
}

/**
 * The SDK ends the program as failed with this error, which is correct: the engine then deletes nothing. But
 * it would print it as an error of the program, with its stack trace, preceded by the names of all inputs
 * that depend on it.
 */
function makeReadable(error: unknown, failed: NamedResource): void {
  if (!(error instanceof Error) || pulumi.RunError.isInstance(error)) return;
  const message = `Customer "${customerOf(failed.name)}" failed: ${describeResource(failed)} could not be created or updated. The error of that resource says why.`;
  Object.defineProperty(error, "message", { get: () => message, set: () => undefined });
  Object.assign(error, { __pulumiRunError: true, stack: undefined });
}
