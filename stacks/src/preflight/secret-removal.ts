import * as pulumi from "@pulumi/pulumi";
import type { SecretsManager } from "pulumi-resistant-tenants/internal/aws-secret";
import { type HeldResource, nameOfUrn } from "pulumi-resistant-tenants/internal/own-stack";
import { secretType } from "pulumi-resistant-tenants/internal/resource-types";
import { messageOf } from "pulumi-resistant-tenants/internal/vocabulary";

import type { CustomerArgs } from "../customer/customer";
import type { Release } from "../handover/release";
import type { ProgramRun } from "../program-run";
import type { ProgramRecord } from "../record/program-record";
import { askAws } from "../secret/aws-access";
import { secretName } from "../secret/stored-secret";

/**
 * Makes sure that the secrets which this update deletes can be deleted: AWS refuses to mark one deleted that an
 * interrupted update has marked, and whose end the state has not seen. Such a one is taken back, so that it can go as it
 * is recorded. A preview asks and changes nothing.
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
        `Whether secrets that are to be deleted were marked deleted already could not be found out: ${messageOf(error)} ` +
          "(it takes secretsmanager:DescribeSecret and RestoreSecret). If AWS refuses to delete one, run `pulumi refresh`, and `pulumi up` again.",
      );
    },
  );
}

/** A secret that goes. */
interface GoingSecret {
  /** The name of its resource. */
  slot: string;
  name: string;
}

/** Gives the secrets that the state holds and nothing declares; what is handed over stays. */
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
    `The secret ${name} was marked deleted by an interrupted update: it was taken back, so that it can be deleted as it is recorded.`,
  );
}
