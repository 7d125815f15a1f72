import type { TenantManagementApi } from "../../client/api";
import type { RecordedParameters, SlotHistory } from "../../journal/index";
import type { SlotInput } from "../../names/slot";
import { CreateOnRecord } from "../run/create-on-record";
import type { Run } from "../run/run";
import type { LostTenant } from "./lost-tenant";
import { cellsAtStart, cellSet, type Inputs } from "./tenant-model";

/** The create of one tenant: its inputs, its slot, and its record. */
export class TenantCreate extends CreateOnRecord {
  readonly api: TenantManagementApi;
  readonly wanted: Inputs;
  readonly slot: SlotInput;
  /** The recorded parameters. */
  readonly parameters: RecordedParameters;

  constructor(run: Run, api: TenantManagementApi, wanted: Inputs) {
    super(run);
    this.api = api;
    this.wanted = wanted;
    this.slot = wanted.slot ?? { stack: "", name: wanted.name };
    this.parameters = { name: wanted.name, cells: cellsAtStart(wanted), adopt: wanted.adopt };
  }

  /** Finds an earlier create in this slot whose tenant may exist without being in any state. */
  lostBefore(history: SlotHistory): LostTenant | undefined {
    if (history.kind === "clear") return undefined;
    const { name, cells } = this.wanted;
    // A tenant requested under another name is not this one, and an adoption requests none.
    const attempts = [...history.earlier, history.intent].filter(
      ({ parameters }) =>
        parameters["name"] === name && (history.kind === "made" || parameters["adopt"] === undefined),
    );
    const [first] = attempts;
    if (first === undefined) return undefined;
    // The cells requested then: those declared now may differ.
    const asked = attempts.map(({ parameters }) => cellSet.safeParse(parameters["cells"]).data);
    return {
      name,
      cells: cells === undefined ? asked : [cells],
      startedAtMs: Date.parse(first.at),
      answeredId: history.kind === "made" ? history.objectId : undefined,
    };
  }
}
