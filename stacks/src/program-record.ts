import { refusal } from "pulumi-resistant-tenants/guards";
import {
  type Action,
  type Journal,
  openAuditLog,
  openJournalOf,
  type Outcome,
  recordIntent,
  type StackRecord,
} from "pulumi-resistant-tenants/journal";
import { type HeldResource, otherStackNames, stackName } from "pulumi-resistant-tenants/own-stack";
import type { Aws } from "pulumi-resistant-tenants/reach";
import { readReason, reasonForChange } from "pulumi-resistant-tenants/reason";
import type { ProviderSettings } from "pulumi-resistant-tenants/settings";
import { messageOf } from "pulumi-resistant-tenants/vocabulary";

import type { ChangedCustomer } from "./customer-changes";

/**
 * The record of this stack, as its program writes it: before the engine is told of any resource, since the resources'
 * provider writes to the same journal from then on.
 */
export class ProgramRecord {
  readonly journal: Journal;
  #opened: Promise<StackRecord> | undefined;

  /** @param held what the stack held when its last update ended */
  constructor(
    private readonly settings: ProviderSettings,
    private readonly aws: Aws,
    held: readonly HeldResource[],
  ) {
    const { journal: location } = settings;
    const stack = stackName();
    const formerNames = (): string[] => otherStackNames(held, stack);
    this.journal = openJournalOf({ stack, location, directory: process.cwd(), aws, formerNames });
  }

  /**
   * Does something in AWS before the engine starts, on the record.
   *
   * @param act does it, and resolves with how it ended
   * @throws `pulumi.RunError` where it cannot be recorded, or the stage requires a reason and there is none: then
   *   nothing is done. What `act` throws, it throws as it is.
   */
  async do(action: Action, act: () => Promise<Outcome>): Promise<void> {
    try {
      reasonForChange(this.settings);
    } catch (error) {
      throw refusal(messageOf(error));
    }
    const recording = await this.#announce(action);
    try {
      await recording.end({ outcome: await act() });
    } catch (error) {
      await recording.fail(error);
      throw error;
    }
  }

  /**
   * Announces what this update changes of customers. How it ended is recorded once the engine has done it
   * (`slot.change`).
   *
   * @returns the ids of the intents, by customer
   * @throws `pulumi.RunError` where it cannot be recorded: then nothing is changed
   */
  async announce(changed: readonly ChangedCustomer[]): Promise<Map<string, string>> {
    const intents = new Map<string, string>();
    for (const { customer, tenantId, operation, changes } of changed) {
      const { before, after } = changes;
      const { intent } = await this.#announce({
        type: "Customer",
        operation,
        slot: customer,
        ...(tenantId === undefined ? {} : { tenantId }),
        parameters: { before, after },
      });
      intents.set(customer, intent.id);
    }
    return intents;
  }

  async #announce(action: Action): ReturnType<typeof recordIntent> {
    this.#opened ??= this.#open();
    const record = await this.#opened;
    return recordIntent(record, action).catch((error: unknown) => {
      throw refusal(messageOf(error));
    });
  }

  async #open(): Promise<StackRecord> {
    const { stage, apiUrl, auditLogGroup } = this.settings;
    // An up without a change does not need it.
    const { provenance } = await import("pulumi-resistant-tenants/provenance");
    const read = readReason(this.settings);
    const reason = "problem" in read ? undefined : read.reason;
    return {
      stack: stackName(),
      journal: this.journal,
      auditLog: auditLogGroup === undefined ? undefined : openAuditLog(auditLogGroup, this.aws),
      run: { ...(await provenance(this.aws)), stage, apiUrl, reason },
    };
  }
}
