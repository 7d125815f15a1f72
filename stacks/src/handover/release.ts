import * as pulumi from "@pulumi/pulumi";
import { refusal } from "pulumi-resistant-tenants/internal/guards";
import type { HeldResource } from "pulumi-resistant-tenants/internal/own-stack";
import type { CustomerRecord } from "pulumi-resistant-tenants/internal/stack-outputs";

import type { CustomerConfiguration } from "../configuration/configuration";
import { type LastRecords, lastRecordsIn } from "../values/last-records";
import { describeHandOver, entryOfRecord, wayBack } from "./hand-over";
import {
  assertNotTakenBack,
  heldOf,
  isToBeReleased,
  ReleasedCustomer,
  releasedCustomers,
} from "./released-customer";

/** One customer whose status is `released`. */
export interface Release {
  record: CustomerRecord;
  /** Its resources at the end of the last update. */
  held: readonly HeldResource[];
}

/**
 * Finds the customers whose status is `released`. It registers no resource yet.
 *
 * @param resources the resources of the stack at the end of its last update
 * @throws `pulumi.RunError` if a customer's record is incomplete, or one that was handed over is declared
 * again
 */
export async function findReleases(
  resources: readonly HeldResource[],
  customers: readonly CustomerConfiguration[],
): Promise<Release[]> {
  const records = lastRecordsIn(resources);
  await tellOfForgotten(customers, resources, records);
  return customers
    .filter(({ status }) => status === "released")
    .map(({ name }) => ({ name, held: heldOf(name, resources) }))
    .filter(({ held }) => held.length > 0)
    .map(({ name, held }) => {
      const record = records.get(name);
      if (record === undefined) throw recordMissing(name);
      assertNotTakenBack(name, held);
      return { record, held };
    });
}

/** Prints what the next owner of each customer needs, once, before any resource is registered. */
export async function tellOfHandOvers(releases: readonly Release[]): Promise<void> {
  for (const { record, held } of releases) {
    if (held.some(isToBeReleased)) await pulumi.log.info(await describeHandOver(record, held));
  }
}

/**
 * Hands a customer over.
 *
 * @returns its last record, which stays as long as the configuration names the customer
 */
export function release({ record, held }: Release): CustomerRecord {
  new ReleasedCustomer(record.name, held);
  return { ...record, status: "released" };
}

function recordMissing(name: string): pulumi.RunError {
  return refusal(
    `Customer "${name}" cannot be handed over yet: the stack's outputs do not contain everything that its next owner needs. Nothing was changed. ` +
      "Restore its former status, run `pulumi up` until it succeeds, then set `status: released` again.",
  );
}

/**
 * Ensures that a customer that was handed over is taken back with its tenant and all its applications: an
 * omitted one would get a second client beside the existing one.
 *
 * @throws `pulumi.RunError` with the whole entry
 */
async function assertTakenBackWhole(
  { name, adopt, applications }: CustomerConfiguration,
  record: CustomerRecord | undefined,
  held: readonly HeldResource[],
): Promise<void> {
  const toBeginAnew = "To start over, remove its entry, run `pulumi up`, and add it again.";
  if (record === undefined) {
    if (adopt !== undefined) return;
    throw refusal(
      `Customer "${name}" was handed over with its tenant. Nothing was changed. To take it back, run \`npm run tenants -- reconcile\`: it prints the complete entry. ${toBeginAnew}`,
    );
  }
  const { tenantId } = record;
  const leftOut = record.applications.filter(
    ({ applicationId, cell, purpose }) =>
      !applications.some(
        (application) =>
          application.adopt?.applicationId === applicationId ||
          // It cannot be adopted: its key is the customer's.
          (application.publicKey !== undefined &&
            application.cell === cell &&
            application.purpose === purpose),
      ),
  );
  if (adopt !== undefined && leftOut.length === 0) return;
  const living =
    leftOut.length === 0
      ? ""
      : ` and ${leftOut.length === 1 ? "its application" : "its applications"} ${leftOut.map(({ applicationId }) => applicationId).join(", ")}`;
  throw refusal(
    `Customer "${name}" was handed over with its tenant ${tenantId}${living}. Nothing was changed. ` +
      `${wayBack(name)}\n\n${await entryOfRecord(record, held)}\n\n${toBeginAnew}`,
  );
}

async function tellOfForgotten(
  customers: readonly CustomerConfiguration[],
  resources: readonly HeldResource[],
  records: LastRecords,
): Promise<void> {
  const byName = new Map(customers.map((customer) => [customer.name, customer]));
  for (const name of releasedCustomers(resources)) {
    const declared = byName.get(name);
    if (declared === undefined) {
      await pulumi.log.info(
        `Customer "${name}" was handed over: the rest of it leaves the state, and nothing is deleted at the vendor or in AWS.`,
      );
    } else if (declared.status !== "released") {
      await assertTakenBackWhole(declared, records.get(name), heldOf(name, resources));
    }
  }
}
