import * as pulumi from "@pulumi/pulumi";
import { refusal } from "pulumi-resistant-tenants/internal/guards";
import { knownBeforeOf } from "pulumi-resistant-tenants/internal/held-before";
import {
  type Action,
  appendTo,
  type Ending,
  inBatches,
  type IntentEvent,
  type Journal,
  type JournalEvent,
  openAuditLog,
  openJournalOf,
  type Outcome,
  type RecordedAs,
  recordIntent,
  resultOf,
  settleIntent,
  type StackRecord,
} from "pulumi-resistant-tenants/internal/journal";
import type { EnvironmentVariables } from "pulumi-resistant-tenants/internal/own-process";
import { type HeldResource, otherStackNames } from "pulumi-resistant-tenants/internal/own-stack";
import type { Aws } from "pulumi-resistant-tenants/internal/reach";
import { readReason, reasonForChange } from "pulumi-resistant-tenants/internal/reason";
import type { ProviderSettings } from "pulumi-resistant-tenants/internal/settings";
import { messageOf } from "pulumi-resistant-tenants/internal/vocabulary";

import type { ChangedCustomer } from "./customer-changes";
import type { DeclaredCustomer } from "./declared-customer";

/** A change of a customer whose start is on record. */
export interface AnnouncedChange {
  /** The id of the event that announces it. */
  intent: string;
  /** The customer's former settings; undefined for those of its component. */
  before: DeclaredCustomer | undefined;
  /** Returns whether it is on record as done, once all of the customer's applications were registered. */
  isDone: () => Promise<boolean>;
}

/** What the program's record belongs to. */
interface Recorded {
  /** `organization/project/stack`. */
  stack: string;
  settings: ProviderSettings;
  environment: EnvironmentVariables;
  /** The folder in which the program runs. */
  directory: string;
  aws: Aws;
  /** The resources of the stack at the end of its last update. */
  held: readonly HeldResource[];
}

/**
 * The record of this stack, as its program writes it: before the engine knows of any resource, since from
 * then on the resources' provider writes to the same journal.
 */
export class ProgramRecord {
  readonly journal: Journal;
  #opened: Promise<StackRecord> | undefined;
  /** The event that announces the first change of a customer: the results of all changes are after it. */
  #announcedFrom: RecordedAs | undefined;
  /** Callers that wait while the journal is read share the next read. */
  readonly #isDone = inBatches(async (intents: readonly IntentEvent[]) => {
    const ids = new Set(intents.map(({ id }) => id));
    const isAsked = (event: JournalEvent): boolean => event.event === "result" && ids.has(event.intent);
    const events = await this.journal.read(isAsked, this.#announcedFrom);
    return intents.map((intent) => resultOf(events, intent)?.outcome === "changed");
  });

  constructor(private readonly of: Recorded) {
    const { stack, settings, directory, aws, held } = of;
    const formerNames = (): string[] => otherStackNames(held, stack);
    this.journal = openJournalOf({ stack, location: settings.journal, directory, aws, formerNames });
  }

  /**
   * Changes something in AWS before the engine starts, and records it.
   *
   * @param act makes the change, and resolves with the outcome
   * @throws `pulumi.RunError` if it cannot be recorded, or a required reason is missing: then nothing is
   * done. Errors of `act` are passed on.
   */
  async do(action: Action, act: () => Promise<Outcome>): Promise<void> {
    try {
      reasonForChange(this.of.settings, this.of.environment);
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
   * Announces this update's changes of customers. The result is recorded once the engine has made the change
   * (`slot.change`).
   *
   * @returns the announced changes, by customer
   * @throws `pulumi.RunError` if it cannot be recorded: then nothing is changed
   */
  async announce(changed: readonly ChangedCustomer[]): Promise<Map<string, AnnouncedChange>> {
    const announced = new Map<string, AnnouncedChange>();
    for (const { customer, tenantId, operation, changes, before: declaredBefore } of changed) {
      const { before, after } = changes;
      const { intent, announcedAs } = await this.#announce({
        type: "Customer",
        operation,
        slot: customer,
        ...(tenantId === undefined ? {} : { tenantId }),
        parameters: { before, after },
      });
      this.#announcedFrom ??= announcedAs;
      const isDone = (): Promise<boolean> => this.#isDone(intent);
      announced.set(customer, { intent: intent.id, before: declaredBefore, isDone });
    }
    return announced;
  }

  /**
   * Ends the announced intents that have no result yet.
   *
   * @param endingOf returns how the change of a customer ended
   */
  async endOpen(
    announced: ReadonlyMap<string, AnnouncedChange>,
    endingOf: (customer: string) => Promise<Ending>,
  ): Promise<void> {
    if (this.#opened === undefined) return;
    const record = await this.#opened;
    try {
      const events = await this.journal.read(({ type }) => type === "Customer", this.#announcedFrom);
      const byId = new Map(events.map((event) => [event.id, event]));
      for (const [customer, { intent: id }] of announced) {
        const intent = byId.get(id);
        if (intent?.event !== "intent" || resultOf(events, intent) !== undefined) continue;
        await settleIntent(appendTo(record), record.run, intent, await endingOf(customer));
      }
    } catch (error) {
      await pulumi.log.warn(`Could not record how the change of a customer ended: ${messageOf(error)}`);
    }
  }

  async #announce(action: Action): ReturnType<typeof recordIntent> {
    this.#opened ??= this.#open();
    const record = await this.#opened;
    return recordIntent(record, action).catch((error: unknown) => {
      throw refusal(messageOf(error));
    });
  }

  async #open(): Promise<StackRecord> {
    const { stack, settings, environment, aws, held } = this.of;
    const { stage, apiUrl, auditLogGroup } = settings;
    // An `up` without a change does not need it.
    const { provenance } = await import("pulumi-resistant-tenants/internal/provenance");
    const { askEngineVersion } = await import("pulumi-resistant-tenants/internal/engine-version");
    const read = readReason(settings, environment);
    const reason = "problem" in read ? undefined : read.reason;
    // Only the journal's end is read then. If it cannot be read, the append reports that.
    await this.journal.remember(knownBeforeOf(held, stack)).catch(() => undefined);
    return {
      stack,
      journal: this.journal,
      auditLog: auditLogGroup === undefined ? undefined : openAuditLog(auditLogGroup, aws),
      run: { ...(await provenance(aws, environment, askEngineVersion)), stage, apiUrl, reason },
    };
  }
}
