import type { PeerName } from "../peers/peer";
import type { Work } from "../work/case";
import type { ProcessUsage } from "./process-tree";
import type { RequestUse } from "./requests";
import type { StateUse } from "./state";

/** One measurement of one peer's work. */
export interface Measurement {
  readonly peer: PeerName;
  readonly work: Work;
  /** Counts from 0; peers of the same round ran one after the other. */
  readonly round: number;
  readonly wallS: number;
  /** Absent on a system without `/proc`. */
  readonly usage?: ProcessUsage;
  readonly requests: RequestUse;
  /** Of the state after a create. */
  readonly state?: StateUse;
  /** Why it failed; its times then mean nothing. */
  readonly failure?: string;
}
