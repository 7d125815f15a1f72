import * as pulumi from "@pulumi/pulumi";
import { Released } from "pulumi-resistant-tenants";
import { refusal } from "pulumi-resistant-tenants/internal/guards";
import { type HeldResource, nameOfUrn, releasedType } from "pulumi-resistant-tenants/internal/own-stack";
import { customerOf } from "pulumi-resistant-tenants/internal/vocabulary";

import { customerType } from "../customer/customer";
import { Safeguard, safeguardType } from "../customer/safeguard";

/**
 * A customer that was handed over: in the place of each of its resources the state holds a {@link Released}. It stays
 * until the customer's entry is removed, and then nothing is deleted either.
 */
export class ReleasedCustomer extends pulumi.ComponentResource {
  /** @param held what the stack held of it when its last update ended */
  constructor(name: string, held: readonly HeldResource[]) {
    // Its URN is that of the customer it was.
    super(customerType, name);
    for (const formerUrn of formerUrns(held)) new Released(formerUrn, { parent: this });
    for (const { urn, type } of held) {
      // One that is protected cannot be let go in the update that stops protecting it.
      if (type === safeguardType) new Safeguard(nameOfUrn(urn), [], { parent: this, protect: false });
    }
    this.registerOutputs({});
  }
}

/** Finds what the stack held of a customer when its last update ended. */
export function heldOf(customer: string, resources: readonly HeldResource[]): HeldResource[] {
  return resources.filter(({ urn }) => isOfCustomer(urn) && customerOfUrn(urn) === customer);
}

/** Tells whether a resource is one that is handed over, and not yet. */
export function isToBeReleased({ type }: HeldResource): boolean {
  return type !== releasedType && !type.startsWith("resistant:index:");
}

/** Gives the names of the customers that were handed over and stand in the state still. */
export function releasedCustomers(resources: readonly HeldResource[]): Set<string> {
  return new Set(resources.filter(({ type }) => type === releasedType).map(({ urn }) => customerOfUrn(urn)));
}

/**
 * Refuses a customer that was handed over and is half taken back: the engine would keep the entry of the first time in
 * the resource's place, and delete the resource.
 *
 * @throws `pulumi.RunError` that says how to come to the end of it
 */
export function assertNotTakenBack(name: string, held: readonly HeldResource[]): void {
  const handedOver = urnsHandedOver(held);
  if (!held.some(({ urn }) => handedOver.includes(urn))) return;
  throw refusal(
    `Customer "${name}" was handed over, and an update that took it back did not come to its end. Nothing was changed. ` +
      "Set its status back, run `pulumi up` until it succeeds, and only then hand it over again.",
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
