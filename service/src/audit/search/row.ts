import type { SeenPerson } from "../people-of-requests";
import type { EventSource } from "./conditions";

/** A found event of either source. */
export interface Row {
  source: EventSource;
  position: string;
  sequence: string | null;
  at: Date;
  kind: string;
  actor: SeenPerson | undefined;
  stage: string | null;
  customer: string | null;
  stack: string | null;
  requestId: string | null;
  tenantId: string | null;
  applicationId: string | null;
  clientId: string | null;
  text: string;
  hash: string;
}
