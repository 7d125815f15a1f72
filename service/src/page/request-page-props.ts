import type { Situation } from "../actions/situation";
import type { RequestView } from "../actions/view";

/** Who may decide a request. */
export interface Deciders {
  /** How many people must approve. */
  required: number;
  /** The required groups in words; empty if any approver may decide. */
  groups: string;
  /** For how many hours an approval is valid. */
  validForHours: number;
  /** The names of those who have logged in before, without the viewer. */
  names: readonly string[];
}

/** An event of a request. */
export interface ShownEvent {
  sequence: string;
  kind: string;
  at: string;
  by: string | undefined;
  data: Readonly<Record<string, unknown>>;
}

/** What the page of a request shows in addition to the request. */
export interface RequestPageProps {
  request: RequestView;
  events: readonly ShownEvent[];
  /** The kinds of event that update the page. */
  kinds: readonly string[];
  /** Why the viewer may not decide; undefined if they may. */
  objection: string | undefined;
  /** Who may decide. */
  deciders: Deciders;
  isRequester: boolean;
  isAdministrator: boolean;
  /** The differences from the previous plan; empty for a first one. */
  sinceLastPlan: readonly string[];
  /** What delays it, apart from people. */
  situation: Situation;
  /** A random text for each form. */
  formKey: string;
}
