import * as pulumi from "@pulumi/pulumi";

/** The type of a {@link Safeguard} in the state. */
export const safeguardType = "resistant:index:Safeguard";

/**
 * Protects resources that must not be lost. The engine refuses to delete a protected resource, but only when
 * it reaches it, and by then it has deleted what depends on it. A safeguard depends on all that it protects,
 * so it comes first: none of them is deleted by `up`, `up --skip-preview` or `destroy`, while each can still
 * be replaced. Every customer in production has one, protected (`opts.protect`) while the customer is active:
 * a protected resource cannot be deleted in the same `up` that stops protecting it.
 */
export class Safeguard extends pulumi.ComponentResource {
  constructor(
    name: string,
    held: pulumi.Resource[],
    opts: pulumi.ComponentResourceOptions & { protect: boolean },
  ) {
    super(safeguardType, name, {}, { ...opts, dependsOn: held });
    this.registerOutputs({ isActive: opts.protect });
  }
}
