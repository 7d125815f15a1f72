import { strict as assert } from "node:assert";
import { randomUUID } from "node:crypto";

import { checkAtVendor, PlanProblem } from "resistant-tenants-service/work/parts";

import { useSandbox } from "../sandbox/api/client";
import { makeSettings } from "../service/records/service";

type Asked = Parameters<typeof checkAtVendor>;

describe("what the service asks the vendor before it plans a new customer", () => {
  const sandbox = useSandbox();

  /** Checks a request to take over a tenant. */
  async function adopt(tenantId: string): Promise<void> {
    const { apiUrl, tokenUrl, clientId, keyId, privateKeyPem } = sandbox();
    const settings = makeSettings();
    Object.assign(settings.stages, {
      testing: {
        ...settings.stages.testing,
        configuration: {
          "tenants:apiUrl": apiUrl,
          "tenants:tokenUrl": tokenUrl,
          "tenants:clientId": clientId,
          "tenants:keyId": keyId,
        },
      },
    });
    const work = { context: { settings }, environment: { TENANTS_PRIVATE_KEY: privateKeyPem } };
    const target = { customer: { name: "acme" }, wanted: { entry: { adopt: tenantId } } };
    await checkAtVendor(
      work as unknown as Asked[0],
      { kind: "adopt", stage: "testing" } as Asked[1],
      target as unknown as Asked[2],
    );
  }

  it("takes a tenant that the list lacks for there, if the vendor returns it by its id", async () => {
    const tenantId = randomUUID();
    const [created, updated] = ["2026-11-26T12:00:00.000Z", "2026-11-26T12:00:00.000Z"];
    const { control } = sandbox();
    control.restoreTenant({ tenantId, name: "acme", cells: ["eu-1"], created, updated, applications: [] });
    control.configure({ hideFromList: [tenantId] });
    await adopt(tenantId);
  });

  it("refuses to take over a tenant that neither contains", async () => {
    await assert.rejects(
      adopt(randomUUID()),
      (error) => error instanceof PlanProblem && error.code === "notFound",
    );
  });
});
