import * as pulumi from "@pulumi/pulumi";
import { Released } from "pulumi-resistant-tenants";
import { refusal } from "pulumi-resistant-tenants/internal/guards";
import { type HeldResource, nameOfUrn, releasedType } from "pulumi-resistant-tenants/internal/own-stack";
import { customerType } from "pulumi-resistant-tenants/internal/resource-types";
import { customerOf, groupBy, oncePer } from "pulumi-resistant-tenants/internal/vocabulary";

import { Safeguard, safeguardType } from "../customer/safeguard";

/**
 * A customer that was handed over: the state contains a {@link Released} in place of each of its resources.
 * It stays until the customer's entry is removed; nothing is deleted then, either.
 */
export class ReleasedCustomer extends pulumi.ComponentResource {
  /** @param held its resources at the end of the stack's last update */
  constructor(name: string, held: readonly HeldResource[]) {
    // It has the URN of the former customer.
    super(customerType, name);
    for (const formerUrn of formerUrns(held)) new Released(formerUrn, { parent: this });
    for (const { urn, type } of held) {
      // A protected resource cannot be forgotten in the update that stops protecting it.
      if (type === safeguardType) new Safeguard(nameOfUrn(urn), [], { parent: this, protect: false });
    }
    this.registerOutputs({});
  }
}

/** Finds a customer's resources at the end of the stack's last update. The list must not change after the first call. */
export function heldOf(customer: string, resources: readonly HeldResource[]): readonly HeldResource[] {
  return byCustomer(resources).get(customer) ?? [];
}

const byCustomer = oncePer((resources: readonly HeldResource[]) =>
  groupBy(
    resources.filter(({ urn }) => isOfCustomer(urn)),
    ({ urn }) => customerOfUrn(urn),
  ),
);

/** Returns whether a resource will be handed over and has not been yet. */
export function isToBeReleased({ type }: HeldResource): boolean {
  return type !== releasedType && !type.startsWith("resistant:index:");
}

/** Returns the names of the customers that were handed over and are still in the state. */
export function releasedCustomers(resources: readonly HeldResource[]): Set<string> {
  return new Set(resources.filter(({ type }) => type === releasedType).map(({ urn }) => customerOfUrn(urn)));
}

/**
 * Refuses a customer that was handed over and is half taken back: the engine would keep the first entry in
 * the resource's place, and delete the resource.
 *
 * @throws `pulumi.RunError` with how to finish it
 */
export function assertNotTakenBack(name: string, held: readonly HeldResource[]): void {
  const handedOver = new Set(urnsHandedOver(held));
  if (!held.some(({ urn }) => handedOver.has(urn))) return;
  throw refusal(
    `Customer "${name}" was handed over, and an update that takes it back is not completed. Nothing was changed. ` +
      "Restore its former status, run `pulumi up` until it succeeds, then hand it over again.",
  );
}

function isOfCustomer(urn: string): boolean {
  return urn.includes(`${customerType}$`);
}

function customerOfUrn(urn: string): string {
  return customerOf(nameOfUrn(urn));
}

function formerUrns(held: readonly HeldResource[]): string[] {
  return [...urnsHandedOver(held), ...held.filter(isToBeReleased).map(({ urn }) => urn)];
}

function urnsHandedOver(held: readonly HeldResource[]): string[] {
  return held.flatMap(({ outputs }) =>
    typeof outputs["formerUrn"] === "string" ? [outputs["formerUrn"]] : [],
  );
}
