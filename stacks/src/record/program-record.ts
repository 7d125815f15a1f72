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

import type { DeclaredCustomer } from "../customer/declared-customer";
import type { ChangedCustomer } from "./customer-changes";

/** A change of a customer that is on record as begun. */
export interface AnnouncedChange {
  /** The id of the event that announces it. */
  intent: string;
  /** What was declared of the customer before; undefined for what its component has. */
  before: DeclaredCustomer | undefined;
  /** Tells whether it is on record as done, once all of the customer's applications were registered. */
  isDone: () => Promise<boolean>;
}

/** What the program keeps a record of. */
interface Recorded {
  /** `organization/project/stack`. */
  stack: string;
  settings: ProviderSettings;
  environment: EnvironmentVariables;
  /** The folder in which the program runs. */
  directory: string;
  aws: Aws;
  /** What the stack held when its last update ended. */
  held: readonly HeldResource[];
}

/**
 * The record of this stack, as its program writes it: before the engine is told of any resource, since the resources'
 * provider writes to the same journal from then on.
 */
export class ProgramRecord {
  readonly journal: Journal;
  #opened: Promise<StackRecord> | undefined;
  /** Where the first change of a customer is announced: what became of them all is on record after it. */
  #announcedFrom: RecordedAs | undefined;
  /** Those who ask while the journal is read share the next reading. */
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
   * Does something in AWS before the engine starts, on the record.
   *
   * @param act does it, and resolves with how it ended
   * @throws `pulumi.RunError` where it cannot be recorded, or the stage requires a reason and there is none: then
   *   nothing is done. What `act` throws, it throws as it is.
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
   * Announces what this update changes of customers. How it ended is recorded once the engine has done it
   * (`slot.change`).
   *
   * @returns the announced changes, by customer
   * @throws `pulumi.RunError` where it cannot be recorded: then nothing is changed
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
   * @param endingOf tells how the change of a customer ended
   */
  async endOpen(
    announced: ReadonlyMap<string, AnnouncedChange>,
    endingOf: (customer: string) => Promise<Ending>,
  ): Promise<void> {
    if (this.#opened === undefined) return;
    const record = await this.#opened;
    try {
      const events = await this.journal.read(({ type }) => type === "Customer", this.#announcedFrom);
      for (const [customer, { intent: id }] of announced) {
        const intent = events.find((event) => event.id === id);
        if (intent?.event !== "intent" || resultOf(events, intent) !== undefined) continue;
        await settleIntent(appendTo(record), record.run, intent, await endingOf(customer));
      }
    } catch (error) {
      await pulumi.log.warn(`How the change of a customer ended could not be recorded: ${messageOf(error)}`);
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
    // An up without a change does not need it.
    const { provenance } = await import("pulumi-resistant-tenants/internal/provenance");
    const read = readReason(settings, environment);
    const reason = "problem" in read ? undefined : read.reason;
    // Only the journal's end is read then. Where it cannot be read, the append says so.
    await this.journal.remember(knownBeforeOf(held, stack)).catch(() => undefined);
    return {
      stack,
      journal: this.journal,
      auditLog: auditLogGroup === undefined ? undefined : openAuditLog(auditLogGroup, aws),
      run: { ...(await provenance(aws, environment)), stage, apiUrl, reason },
    };
  }
}
