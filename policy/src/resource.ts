/** What a rule is told of a resource: its inputs, known as far as they are in a preview. */
export interface DeclaredResource {
  type: string;
  name: string;
  urn: string;
  props: Record<string, unknown>;
  opts: { protect: boolean };
}

/** A rule: what is wrong with a resource, and what to do about it; nothing where all is well. */
export type Rule = (resource: DeclaredResource, context: RuleContext) => string[];

/** What a rule is told beside the resource. */
export interface RuleContext {
  customers: ReadonlyMap<string, DeclaredCustomer>;
  /** The cells that the policy's own configuration allows. */
  allowedCells: readonly string[];
}

/** What the stack's configuration says of one customer. */
export interface DeclaredCustomer {
  isDeprecated: boolean;
  /** Whether the application of a slot, `<cell>/<purpose>`, authenticates with a client secret. */
  hasClientSecret: (slot: string) => boolean;
  /** Whether it is rotated. */
  isRotated: (slot: string) => boolean;
}

const secretType = "aws:secretsmanager/secret:Secret";

/** Tells whether a resource is the secret of a customer's application; a secret of one's own is nobody's business here. */
export function isApplicationSecret({ type, urn }: DeclaredResource): boolean {
  return type === secretType && urn.includes("::resistant:index:Customer$");
}
