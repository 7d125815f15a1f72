import * as pulumi from "@pulumi/pulumi";
import { refusal } from "pulumi-resistant-tenants/internal/guards";
import type { HeldResource } from "pulumi-resistant-tenants/internal/own-stack";
import type { CustomerRecord } from "pulumi-resistant-tenants/internal/stack-outputs";

import type { CustomerConfiguration } from "../configuration/configuration";
import { type LastRecords, lastRecordsIn } from "../outputs/last-records";
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
  /** What the stack held of it when its last update ended. */
  held: HeldResource[];
}

/**
 * Finds the customers whose status is `released`. It registers no resource yet.
 *
 * @param resources what the stack held when its last update ended
 * @throws `pulumi.RunError` where a customer's record is not whole, or one that was handed over is declared anew
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

/** Prints, once, what the next owner of each customer needs: before any resource is registered. */
export async function tellOfHandOvers(releases: readonly Release[]): Promise<void> {
  for (const { record, held } of releases) {
    if (held.some(isToBeReleased)) await pulumi.log.info(await describeHandOver(record, held));
  }
}

/**
 * Hands a customer over.
 *
 * @returns its record, as it was last: it stays for as long as the configuration names the customer
 */
export function release({ record, held }: Release): CustomerRecord {
  new ReleasedCustomer(record.name, held);
  return { ...record, status: "released" };
}

function recordMissing(name: string): pulumi.RunError {
  return refusal(
    `Customer "${name}" cannot be handed over yet: the stack's outputs do not tell all that its next owner needs. Nothing was changed. ` +
      "Set its status back, run `pulumi up` until it succeeds, then set `status: released` again.",
  );
}

/**
 * Makes sure that a customer which was handed over is taken back with its tenant and all its applications: one that is
 * left out would get a second client beside the one that it has.
 *
 * @throws `pulumi.RunError` with the whole entry
 */
async function assertTakenBackWhole(
  { name, adopt, applications }: CustomerConfiguration,
  record: CustomerRecord | undefined,
  held: readonly HeldResource[],
): Promise<void> {
  const toBeginAnew = "To begin anew, remove its entry, run `pulumi up`, and add it again.";
  if (record === undefined) {
    if (adopt !== undefined) return;
    throw refusal(
      `Customer "${name}" was handed over with its tenant. Nothing was changed. To take it back, run \`npm run tenants -- reconcile\`: it prints the whole entry. ${toBeginAnew}`,
    );
  }
  const { tenantId } = record;
  const leftOut = record.applications.filter(
    ({ applicationId, cell, purpose }) =>
      !applications.some(
        (application) =>
          application.adopt?.applicationId === applicationId ||
          // It cannot be adopted: its key is the customer's own.
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
  for (const name of releasedCustomers(resources)) {
    const declared = customers.find((customer) => customer.name === name);
    if (declared === undefined) {
      await pulumi.log.info(
        `Customer "${name}" was handed over: the last of it leaves the state, and nothing is deleted, at the vendor or in AWS.`,
      );
    } else if (declared.status !== "released") {
      await assertTakenBackWhole(declared, records.get(name), heldOf(name, resources));
    }
  }
}
