import { existsSync, readdirSync } from "node:fs";
import path from "node:path";

import * as pulumi from "@pulumi/pulumi";
import { refusal } from "pulumi-resistant-tenants/internal/guards";
import {
  cutOffCreates,
  eventsOf,
  type IntentEvent,
  isOnDisk,
  type Journal,
  openJournalAt,
} from "pulumi-resistant-tenants/internal/journal";
import { type HeldResource, stackName, tenantType } from "pulumi-resistant-tenants/internal/own-stack";
import { stackFileOf } from "pulumi-resistant-tenants/internal/project-file";
import type { Aws } from "pulumi-resistant-tenants/internal/reach";
import { customerOf, messageOf } from "pulumi-resistant-tenants/internal/vocabulary";

import type { StackConfiguration } from "../configuration/configuration";

/** The input of this check, before the stack's first tenant is created. */
interface FirstUpdate {
  configuration: StackConfiguration;
  aws: Aws;
  /** The resources of the stack at the end of its last update. */
  held: readonly HeldResource[];
  /** The folder of `Pulumi.yaml`. */
  folder: string;
}

/**
 * Refuses to start a record under a new name while another name has creates without an end, of customers that
 * this stack declares: the stack's first `up` was killed, and the stack was then renamed. Its state does not
 * contain the former name, so the customers would be created a second time.
 *
 * @throws `pulumi.RunError` with the command that restores the former name
 */
export async function assertNoFormerNameIsForgotten(update: FirstUpdate): Promise<void> {
  const { configuration, held } = update;
  if (held.some(({ type }) => type === tenantType)) return;
  const declared = new Set(configuration.customers.map(({ name }) => name));
  const { apiUrl } = configuration.settings;
  try {
    const open = (await createsOfOtherNames(update)).filter(
      (intent) => intent.apiUrl === apiUrl && declared.has(customerOf(intent.slot)),
    );
    if (open.length > 0) throw refusal(describe(open));
  } catch (error) {
    if (error instanceof pulumi.RunError) throw error;
    await pulumi.log.warn(
      `Could not check whether this stack left something behind under a former name: ${messageOf(error)} ` +
        "If it was never renamed, there is nothing to do.",
    );
  }
}

async function createsOfOtherNames(update: FirstUpdate): Promise<IntentEvent[]> {
  const own = stackName();
  const journals = journalsOfProject(update, own);
  const events = (await Promise.all(journals.map((journal) => journal.entries()))).flatMap(eventsOf);
  if (events.some(({ stack }) => stack === own)) return [];
  const names = new Set(events.map(({ stack }) => stack));
  return [...names]
    .filter((name) => !hasFile(name, update.folder))
    .flatMap((name) => cutOffCreates(events, name));
}

/** Opens the journals in which the project's stacks may have a record. */
function journalsOfProject({ configuration, aws, folder }: FirstUpdate, own: string): Journal[] {
  const { journal: location } = configuration.settings;
  if (location === undefined) {
    return readdirSync(folder)
      .filter((file) => /^Pulumi\..+\.journal\.jsonl$/.test(file))
      .map((file) => openJournalAt(path.join(folder, file)));
  }
  if (isOnDisk(location)) return [openJournalAt(path.resolve(folder, location))];
  const project = own.slice(0, own.lastIndexOf("/"));
  return [openJournalAt(`${location.replace(/\/+$/, "")}/${project}`, aws)];
}

/** An existing stack has a file in the project; a rename also renames the file. */
function hasFile(stack: string, folder: string): boolean {
  return existsSync(stackFileOf(folder, nameOf(stack)));
}

function nameOf(stack: string): string {
  return stack.slice(stack.lastIndexOf("/") + 1);
}

function describe(open: readonly IntentEvent[]): string {
  const former = nameOf(open[0]?.stack ?? "");
  const list = open.map(({ type, slot }) => `  - ${type} ${slot}`).join("\n");
  return (
    `This stack is empty, but the journal records creates without an end for stack "${former}", which no longer has a file here:\n${list}\n` +
    "Nothing was changed: this stack could create them a second time. " +
    `If this is the same stack under another name, restore the former name: \`pulumi stack rename ${former}\`. Then run \`pulumi up\`, and rename it again. ` +
    `If "${former}" was removed, run \`pulumi stack init ${former}\` and \`npm run tenants -- reconcile --fix\` for it first.`
  );
}
