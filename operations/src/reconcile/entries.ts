import { type ApiApplication, messageOf, type TenantManagementApi } from "pulumi-resistant-tenants/client";
import { SecretsManager } from "pulumi-resistant-tenants/internal/aws-secret";
import { groupBy, slotOf } from "pulumi-resistant-tenants/internal/vocabulary";

import { declaredEntries, type DeclaredEntry } from "../entry/declared";
import {
  entryOf,
  type KnownSecret,
  type LivingApplication,
  type LivingCustomer,
  type PrintedEntry,
} from "../entry/entry";
import { type Stack, startOfSecretNames } from "../stack/stack";
import type { Comparison } from "./comparison";
import type { Finding, FindingKind } from "./finding";
import { heldIndex } from "./held-index";
import { applicationParameters } from "./open-creates";
import { recordOf, type TypeRecord } from "./record";

/** The entries that settle findings, and warnings about what could not be determined for them. */
export interface Entries {
  entries: PrintedEntry[];
  warnings: string[];
}

/** The findings that a declaration settles by adopting the object as it is. */
const adoptable: readonly FindingKind[] = [
  "orphanedTenant",
  "orphanedApplication",
  "unmanagedTenant",
  "unmanagedApplication",
];

/**
 * Writes the entry of each customer with existing objects that are in no state. It omits what `--fix`
 * deletes, and tenants that neither the record nor a name in the configuration assigns to this stack.
 */
export async function entriesFor(
  stack: Stack,
  api: Pick<TenantManagementApi, "listApplications">,
  comparison: Comparison,
  findings: readonly Finding[],
): Promise<Entries> {
  if (!findings.some(({ kind }) => adoptable.includes(kind))) return { entries: [], warnings: [] };
  const declared = await declaredEntries(stack);
  const customers = await livingCustomers(api, comparison, findings, declared);
  const found: Entries = { entries: [], warnings: [] };
  const aws = new SecretsManager(stack.aws);
  try {
    for (const living of customers) {
      const entry = declared.get(living.name);
      const secrets = await secretsOf(aws, stack, living, entry).catch((error: unknown) => {
        found.warnings.push(
          `Could not read the secrets of customer ${living.name} from AWS, so its entry lacks their ARNs: ${messageOf(error)} ` +
            "(this needs secretsmanager:DescribeSecret, and ListSecrets for secrets that are not recorded)",
        );
        return [];
      });
      found.entries.push(...[(await entryOf(living, secrets, entry)) ?? []].flat());
    }
  } finally {
    aws.close();
  }
  return found;
}

async function livingCustomers(
  api: Pick<TenantManagementApi, "listApplications">,
  comparison: Comparison,
  findings: readonly Finding[],
  declared: ReadonlyMap<string, DeclaredEntry>,
): Promise<LivingCustomer[]> {
  const { tenants, state, applications } = comparison;
  const record = recordOf(comparison.events, "Tenant", comparison);
  const applicationsRecord = recordOf(comparison.events, "TenantApplication", comparison);
  const isDeclared = ({ tenantName = "", tenantId = "" }: Finding): boolean =>
    declared.has(tenantName) &&
    declared.get(tenantName)?.["status"] !== "released" &&
    record.stackOf(tenantId) === undefined;
  const found = findings.filter(
    (finding) =>
      adoptable.includes(finding.kind) &&
      finding.fix === undefined &&
      (finding.severity === "todo" || isDeclared(finding)),
  );
  const tenantIds = new Set(found.flatMap(({ tenantId }) => tenantId ?? []));
  const living = tenants.filter(({ tenantId }) => tenantIds.has(tenantId));
  const heldIn = groupBy(state.applications, (application) => application.tenantId);
  const deleted = findings.flatMap(({ fix }) =>
    fix?.action === "deleteApplication" ? [fix.applicationId] : [],
  );
  const left = new Set([...state.applications.map(({ applicationId }) => applicationId), ...deleted]);
  return Promise.all(
    living.map(async ({ tenantId, name, cells }) => ({
      name,
      tenantId,
      cells,
      applications: livingApplications(
        // The applications of a tenant that is not on record have not been listed yet.
        applications.get(tenantId) ?? (await api.listApplications(tenantId)) ?? [],
        applicationsRecord,
        left,
      ),
      heldSlots: new Set((heldIn.get(tenantId) ?? []).map(({ slot }) => slotOf(slot))),
      isHeld: heldIndex(state).tenantIds.has(tenantId),
    })),
  );
}

/**
 * Returns the applications of a tenant that can be adopted, the newest first.
 *
 * @param left the ids of those in the state, and of those that `--fix` deletes
 */
function livingApplications(
  applications: readonly ApiApplication[],
  record: TypeRecord,
  left: ReadonlySet<string>,
): LivingApplication[] {
  return (
    applications
      .filter(({ applicationId }) => !left.has(applicationId))
      // An application of another stack belongs to that stack.
      .filter(
        ({ applicationId }) => record.made.has(applicationId) || record.stackOf(applicationId) === undefined,
      )
      .map((application) => {
        const made = record.made.get(application.applicationId);
        const { authMethod } = applicationParameters.parse(made?.intent?.parameters ?? {});
        const keyId = made?.intent?.parameters["keyId"];
        return {
          at: made?.result.at ?? "",
          living: {
            ...application,
            authMethod,
            slot: made?.result.slot,
            ...(typeof keyId === "string" ? { keyId } : {}),
          },
        };
      })
      .toSorted((a, b) => b.at.localeCompare(a.at))
      .map(({ living }) => living)
  );
}

/** Looks up secrets in AWS by the names on record or declared; only for other applications does it list all. */
async function secretsOf(
  aws: SecretsManager,
  stack: Stack,
  { name, applications }: LivingCustomer,
  declared: DeclaredEntry | undefined,
): Promise<KnownSecret[]> {
  const prefix = await startOfSecretNames(stack);
  const slots = new Set(applications.flatMap(({ slot }) => (slot === undefined ? [] : slotOf(slot))));
  const isListNeeded = applications.some(({ slot }) => slot === undefined);
  if (isListNeeded || (declared === undefined && applications.length === 0))
    return listed(aws, prefix, name, slots);
  const described = [...slots].map(async (slot): Promise<KnownSecret[]> => {
    const found = await aws.describe({ name: `${prefix}${slot}`, tags: undefined });
    return found === undefined ? [] : [{ slot, arn: found.arn, tags: found.tags }];
  });
  return (await Promise.all(described)).flat();
}

async function listed(
  aws: SecretsManager,
  prefix: string,
  customer: string,
  slots: ReadonlySet<string>,
): Promise<KnownSecret[]> {
  const known = [...slots]
    .map((slot) => prefix + slot)
    .filter((name) => name.startsWith(`${prefix}${customer}/`));
  const found = await aws.list(`${prefix}${customer}/`, known);
  return found.map(({ name, arn, tags }) => ({ slot: name.slice(prefix.length), arn, tags }));
}
