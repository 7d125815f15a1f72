import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import { type Recording, recordIntent, type StackRecord } from "pulumi-resistant-tenants/internal/journal";
import { nameOfUrn, secretType } from "pulumi-resistant-tenants/internal/operator";
import { customerType } from "pulumi-resistant-tenants/internal/resource-types";
import { z } from "zod";

import type { Stack } from "../stack/stack";
import type { CustomerSecret } from "./customer-secrets";

const exportSchema = z.object({
  deployment: z.object({
    resources: z
      .array(
        z.object({
          urn: z.string(),
          type: z.string(),
          id: z.string().optional(),
          delete: z.boolean().optional(),
        }),
      )
      .default([]),
  }),
});

/** The state's component and secrets of a customer. */
export interface HeldCustomer {
  /** The URN of its component; undefined if the state has none. */
  urn: string | undefined;
  /** The ARNs of the secrets in the state. */
  secrets: ReadonlySet<string>;
}

/** Reads a customer's component and secrets from the stack's state. */
export async function readHeldCustomer({ pulumi }: Stack, customer: string): Promise<HeldCustomer> {
  const { resources } = exportSchema.parse(JSON.parse(await pulumi.run(["stack", "export"]))).deployment;
  return {
    urn: resources.find(({ urn, type }) => type === customerType && nameOfUrn(urn) === customer)?.urn,
    secrets: new Set(
      resources
        .filter((resource) => resource.type === secretType && resource.delete !== true)
        .flatMap(({ id }) => id ?? []),
    ),
  };
}

/**
 * Imports secrets into the stack's state under the names that its program declares, and records it. AWS is
 * only read.
 *
 * @see {@link https://www.pulumi.com/docs/iac/cli/commands/pulumi_import/ pulumi import}
 */
export async function importSecrets(
  { pulumi }: Stack,
  record: StackRecord,
  { customer, urn: parentUrn }: { customer: string; urn: string | undefined },
  secrets: readonly CustomerSecret[],
): Promise<void> {
  const resources = [
    ...(parentUrn === undefined ? [{ type: customerType, name: customer, component: true }] : []),
    ...secrets.map(({ slot, arn }) => ({
      type: secretType,
      name: slot,
      id: arn,
      parent: customer,
      version: awsProviderVersion(),
    })),
  ];
  const directory = await mkdtemp(path.join(tmpdir(), "tenants-restore-"));
  const file = path.join(directory, "import.json");
  const recordings: Recording[] = [];
  for (const { slot, arn } of secrets) {
    recordings.push(
      await recordIntent(record, { type: "Secret", operation: "import", slot, parameters: { arn } }),
    );
  }
  try {
    const nameTable = parentUrn === undefined ? {} : { [customer]: parentUrn };
    await writeFile(file, JSON.stringify({ nameTable, resources }));
    // The program decides at the next update what is protected.
    const flags = ["--yes", "--skip-preview", "--generate-code=false", "--protect=false"];
    await pulumi.run(["import", "--file", file, ...flags]);
    for (const recording of recordings) await recording.end({ outcome: "imported" });
  } catch (error) {
    for (const recording of recordings) await recording.fail(error);
    throw error;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** The program's version: each version of the AWS provider is a separate provider in the state. */
function awsProviderVersion(): string {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- a JSON file of a package
  return z.object({ version: z.string() }).parse(require("@pulumi/aws/package.json")).version;
}
