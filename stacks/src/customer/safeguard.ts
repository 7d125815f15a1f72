import * as pulumi from "@pulumi/pulumi";

/** The type of a {@link Safeguard}, as it stands in the state. */
export const safeguardType = "resistant:index:Safeguard";

/**
 * Stands before what must not be lost. The engine refuses to delete a protected resource, but only when its turn comes,
 * and by then it has deleted what depends on it. A safeguard depends on all it holds, so its turn comes first: nothing
 * behind it is deleted, by `up`, `up --skip-preview` or `destroy`, while each can still be replaced. It is there for
 * every customer in production, and protected (`opts.protect`) while the customer is active: a protected resource
 * cannot be let go in the same `up` that stops protecting it.
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
