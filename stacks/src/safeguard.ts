import * as pulumi from "@pulumi/pulumi";

/**
 * Stands before what must not be lost. The engine refuses to delete a protected resource, but only when its turn comes,
 * and by then it has deleted what depends on it. A safeguard depends on all it holds, so its turn comes first: nothing
 * behind it is deleted, by `up`, `up --skip-preview` or `destroy`, while each can still be replaced.
 */
export class Safeguard extends pulumi.ComponentResource {
  constructor(name: string, held: pulumi.Resource[], opts: pulumi.ComponentResourceOptions) {
    super("resistant:index:Safeguard", name, {}, { ...opts, dependsOn: held, protect: true });
    this.registerOutputs();
  }
}
