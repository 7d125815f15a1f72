import type { HttpRequest } from "./transport";

/** A request to the Tenant Management API, and what is known of its answer. */
export interface Call {
  /** The operation, for an error: `create tenant "acme"`. */
  doing: string;
  method: HttpRequest["method"];
  url: URL;
  body?: string;
  /** For a create: the path of its collection, below the base URL. */
  collection?: readonly string[];
  /** The likely meaning of a refusal, and what to do, if particular to this operation. */
  remedies?: Remedies;
  /** Whether the object of the path may be missing. Default: true. The organization's list always exists. */
  mayBeMissing?: false;
}

/** By the status. */
export type Remedies = Partial<Record<number, string>>;
