import * as pulumi from "@pulumi/pulumi";
import type { SecretsManager } from "pulumi-resistant-tenants/internal/aws-secret";
import { type HeldResource, nameOfUrn } from "pulumi-resistant-tenants/internal/own-stack";
import { secretType } from "pulumi-resistant-tenants/internal/resource-types";
import { messageOf } from "pulumi-resistant-tenants/internal/vocabulary";

import type { CustomerArgs } from "../customer/customer";
import type { Release } from "../handover/release";
import type { ProgramRecord } from "../record/program-record";
import type { ProgramRun } from "../run/program-run";
import { askAws } from "../secret/aws-access";
import { secretName } from "../secret/stored-secret";

/**
 * Ensures that the secrets that this update deletes can be deleted: AWS refuses to delete a secret that an
 * interrupted update has already marked for deletion, and the state does not show. Such a secret is restored,
 * so that it can be deleted and recorded. A preview calls and changes nothing.
 */
export async function prepareSecretRemoval(
  { aws, record, held }: Pick<ProgramRun, "aws" | "record" | "held">,
  customers: readonly CustomerArgs[],
  releases: readonly Release[],
): Promise<void> {
  if (pulumi.runtime.isDryRun()) return;
  const going = secretsToGo(held, customers, releases);
  if (going.length === 0) return;
  await askAws(aws, (secrets) => Promise.all(going.map((secret) => takeBack(secrets, record, secret)))).catch(
    async (error: unknown) => {
      if (error instanceof pulumi.RunError) throw error;
      await pulumi.log.warn(
        `Could not check whether the secrets to delete are already marked for deletion: ${messageOf(error)} ` +
          "(this needs secretsmanager:DescribeSecret and RestoreSecret). If AWS refuses to delete one, run `pulumi refresh`, and `pulumi up` again.",
      );
    },
  );
}

/** A secret to be deleted. */
interface GoingSecret {
  /** The name of its resource. */
  slot: string;
  name: string;
}

/** Returns the secrets in the state that nothing declares; those that are handed over stay. */
function secretsToGo(
  held: readonly HeldResource[],
  customers: readonly CustomerArgs[],
  releases: readonly Release[],
): GoingSecret[] {
  const declared = new Set(
    customers.flatMap((args) => args.applications.map((application) => secretName(args, application))),
  );
  const handedOver = new Set(releases.flatMap((release) => release.held.map(({ urn }) => urn)));
  return held
    .filter(({ urn, type }) => type === secretType && !handedOver.has(urn))
    .flatMap(({ urn, outputs: { name } }) =>
      typeof name === "string" && !declared.has(name) ? [{ slot: nameOfUrn(urn), name }] : [],
    );
}

async function takeBack(
  aws: SecretsManager,
  record: ProgramRecord,
  { slot, name }: GoingSecret,
): Promise<void> {
  const found = await aws.describe({ name, tags: undefined });
  if (found?.deletedAt === undefined) return;
  const { arn, deletedAt } = found;
  const parameters = { arn, secretName: name, deletedAt };
  await record.do({ type: "Secret", operation: "restore", slot, parameters }, async () => {
    await aws.restore(arn);
    return "restored";
  });
  await pulumi.log.info(
    `The secret ${name} was marked for deletion by an interrupted update: it was restored, so that this update can delete it with a record.`,
  );
}
