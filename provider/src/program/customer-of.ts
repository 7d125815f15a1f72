import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";

import { type Cell, documentsApiUrl } from "../client/cells";
import { type ApplicationRecord, type CustomerRecord, customerRecordSchema } from "../names/stack-outputs";
import { isUnknown } from "../names/unknown";
import { refusal } from "./guards";

/** One application of a customer in another stack, and the Documents API that its credentials call. */
export interface ApplicationOfStack extends ApplicationRecord {
  /**
   * The tenant that the client belongs to.
   * @example `aQ3mZ8kT1xW`
   */
  tenantId: string;
  /**
   * The base URL of the Documents API in its cell.
   * @example `https://api.us-1.documents.resistant.ai`
   */
  documentsApiUrl: string;
}

/** One customer in another stack. Anything missing fails the program, also in a preview. */
export interface CustomerOfStack {
  /**
   * The tenant's id.
   * @example `aQ3mZ8kT1xW`
   */
  tenantId: pulumi.Output<string>;
  /**
   * The stack's complete record of it.
   * @example `customer.record.apply(({ customerId }) => customerId)`
   */
  record: pulumi.Output<CustomerRecord>;
  /**
   * Returns the https URL of its Web UI in a cell.
   * @example `customer.webUiUrl("eu-1")`
   */
  webUiUrl: (cell: Cell) => pulumi.Output<string>;
  /**
   * Returns its application in a cell with a purpose. Default purpose: `default`.
   * @example `customer.application("eu-1", "reporting").secretArn`
   */
  application: (cell: Cell, purpose?: string) => pulumi.Output<ApplicationOfStack>;
}

/**
 * Finds a customer in the outputs of the stack that provisions it.
 *
 * @param stack the stack, by its full name: `new pulumi.StackReference("organization/resistant-tenants/prod")`
 * @param customer the customer's name there
 * @throws `pulumi.RunError`, after the outputs are read, with what exists instead and what to do
 * @example
 * ```ts
 * const customer = customerOf(new pulumi.StackReference("organization/resistant-tenants/prod"), "acme");
 * export const secretArn = customer.application("eu-1").secretArn;
 * ```
 */
export function customerOf(stack: pulumi.StackReference, customer: string): CustomerOfStack {
  const found = pulumi
    .all([stack.name, stack.getOutput("customers")])
    .apply(([stackName, customers]: [string, unknown]) => ({
      stackName,
      record: findCustomer(stackName, customers, customer),
    }));
  const record = found.record;
  return {
    tenantId: record.tenantId,
    record,
    webUiUrl: (cell) => found.apply(({ stackName, record }) => findWebUiUrl(stackName, record, cell)),
    application: (cell, purpose = "default") =>
      found.apply(({ stackName, record }) => findApplication(stackName, record, cell, purpose)),
  };
}

const customersSchema = z.record(z.string(), z.unknown());

function findCustomer(stackName: string, customers: unknown, name: string): CustomerRecord {
  const known = customersSchema.safeParse(customers).data;
  if (known === undefined) {
    throw refusal(
      `Stack ${stackName} has no output "customers": use the full name of a stack that provisions tenants ` +
        "(`pulumi stack ls --all` lists all), and run `pulumi up` there first.",
    );
  }
  if (!Object.hasOwn(known, name)) {
    throw refusal(
      `Stack ${stackName} has no customer "${name}"; it has ${listed(Object.keys(known))}. ` +
        "Correct the name here, or add the customer to `tenants:customers` there and run `pulumi up` there first.",
    );
  }
  const parsed = customerRecordSchema.safeParse(known[name]);
  if (parsed.success) return parsed.data;
  throw refusal(
    `Stack ${stackName} records customer "${name}" in a form that this version of pulumi-resistant-tenants cannot read:\n` +
      parsed.error.issues.map(({ path, message }) => `  - ${path.join(".")}: ${message}\n`).join("") +
      (isUnknown(known[name])
        ? "Run `pulumi up` there, without --target and --exclude: the last one left the customer out."
        : "Install here the version that the stack uses."),
  );
}

function findWebUiUrl(stackName: string, { name, webUiUrls }: CustomerRecord, cell: Cell): string {
  const url = webUiUrls[cell];
  if (url !== undefined) return url;
  throw refusal(
    `Customer "${name}" of stack ${stackName} has no Web UI in cell "${cell}"; it has one in ${listed(Object.keys(webUiUrls))}. ` +
      "Use one of these: the cells of the Web UI can be chosen only when the tenant is created (`uiCells`).",
  );
}

function findApplication(
  stackName: string,
  { name, stage, tenantId, applications }: CustomerRecord,
  cell: Cell,
  purpose: string,
): ApplicationOfStack {
  const application = applications.find((one) => one.cell === cell && one.purpose === purpose);
  if (application !== undefined) {
    return { ...application, tenantId, documentsApiUrl: documentsApiUrl(stage, cell) };
  }
  throw refusal(
    `Customer "${name}" of stack ${stackName} has no application "${cell}/${purpose}"; ` +
      `it has ${listed(applications.map((one) => `${one.cell}/${one.purpose}`))}. ` +
      "Correct cell and purpose here, or add the application to the customer's entry in `tenants:customers` there and " +
      "run `pulumi up` there first.",
  );
}

function listed(names: readonly string[]): string {
  return names.length === 0 ? "none" : names.join(", ");
}
