import type { CustomerRecord } from "pulumi-resistant-tenants";
import { applied, applyStarted } from "resistant-tenants-service/actions/applied";
import { planMade } from "resistant-tenants-service/actions/planned";
import type { Person } from "resistant-tenants-service/person";

import { decideAs } from "./approvals";
import { newCustomer, planOf, type TestService } from "./service";

/** A customer's record as the stack's output has it. */
export function recordOf(
  name: string,
  stage: "testing" | "production",
  cells: readonly string[] = ["eu-1"],
): CustomerRecord {
  return {
    tenantId: `tenant-${stage}-${name}`,
    name,
    customerId: `crm-${name}`,
    stage,
    cells,
    uiCells: cells,
    webUiUrls: { "eu-1": `https://${name}.example` },
    ssoClaims: { readOnly: "ro", readWrite: "rw" },
    status: "active",
    createdBy: "root@worker",
    createdAt: "2026-11-26T12:00:00.000Z",
    applications: cells.map((cell) => ({
      cell,
      purpose: "default",
      applicationId: `application-${stage}-${name}-${cell}`,
      clientId: `client-${cell}`,
      authMethod: "CLIENT_SECRET",
      tokenUrl: "https://token.example",
      secretArn: `arn:aws:secretsmanager:eu-west-1:412345678901:secret:${name}/${cell}`,
      createdAt: "2026-11-26T12:00:00.000Z",
    })),
  } as CustomerRecord;
}

/** Has a customer created in production, from the request to the record. */
export async function saveCustomer(
  service: TestService,
  requester: Person,
  name: string,
  cells: readonly string[] = ["eu-1"],
  record: CustomerRecord = recordOf(name, "production", cells),
): Promise<{ etag: string; requestId: string }> {
  const { context } = service;
  const request = newCustomer(name) as { customer: Record<string, unknown> } & ReturnType<typeof newCustomer>;
  request.customer["cells"] = cells;
  const requestId = await service.submit(requester, request);
  const plan = planOf(requestId);
  await planMade(context, requestId, plan);
  const approver = await service.addPerson({ roles: ["approver"] });
  await decideAs(service, approver, { requestId, digest: plan.digest });
  await applyStarted(context, requestId, plan.digest);
  await applied(context, requestId, { entry: request.customer, record });
  const { etag } = await context.database
    .selectFrom("customers")
    .select("etag")
    .where("name", "=", name)
    .executeTakeFirstOrThrow();
  return { etag, requestId };
}
