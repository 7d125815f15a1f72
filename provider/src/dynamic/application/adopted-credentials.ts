import { readSecret, readSecretTags } from "../../aws/secret-value";
import type { ApplicationCredentials } from "../../client/application-credentials";
import { serverRefusals } from "../../client/as-asked";
import type { AuthMethod } from "../../client/auth-methods";
import type { ApiApplication } from "../../client/schemas";
import { assertHosts } from "../run/refused-hosts";
import type { Run } from "../run/run";
import { refusal } from "../tenant/tenant-model";
import { type AdoptedSecret, readAdoptedSecret, toCredentials } from "./adopted-secret";
import type { KeyAdoption } from "./adoption";

/**
 * Reads the credentials of an application to adopt, and proves that they are its own: its authorization
 * server issues a token for them. This is done once for the application and its key.
 *
 * @throws TenantManagementError with what to do; never with any part of the credentials
 */
export function provenCredentials(
  run: Run,
  adopted: KeyAdoption,
  authMethod: AuthMethod,
): Promise<ApplicationCredentials> {
  const key = JSON.stringify([adopted.tenantId, adopted.applicationId, adopted.secretArn, authMethod]);
  const pending = run.provenCredentials.get(key) ?? prove(run, adopted, authMethod);
  run.provenCredentials.set(key, pending);
  return pending;
}

/**
 * Finds the application to adopt.
 *
 * @throws TenantManagementError `INPUT_INVALID` if its tenant does not have it, `ANSWER_INVALID` if its
 * servers are at hosts that are not allowed
 */
export async function applicationToAdopt(
  run: Run,
  { tenantId, applicationId }: Omit<KeyAdoption, "secretArn">,
): Promise<ApiApplication> {
  const found = await run.known.findApplication(tenantId, applicationId);
  if (found !== undefined) {
    assertHosts(
      `Application ${applicationId} was not adopted`,
      serverRefusals(found, run.settings),
      run.settings,
    );
    return found;
  }
  const applications = await run.known.applicationsOf(tenantId);
  const { stage } = run.settings;
  const held = applications?.map((application) => `${application.applicationId} (cell ${application.cell})`);
  throw refusal(
    held === undefined
      ? `There is no tenant ${tenantId} in stage ${stage} to adopt application ${applicationId} from. Check the tenant's id, and that the credentials are this organization's.`
      : `Tenant ${tenantId} (stage ${stage}) has no application ${applicationId} to adopt; ` +
          `it has ${held.length === 0 ? "none" : held.join(", ")}. Correct \`adopt\`, or remove it to create one.`,
  );
}

async function prove(
  run: Run,
  adopted: KeyAdoption,
  authMethod: AuthMethod,
): Promise<ApplicationCredentials> {
  const { secretArn } = adopted;
  const application = await applicationToAdopt(run, adopted);
  const { text, arn } = await readSecret(
    secretArn,
    `The credentials of application ${application.applicationId} cannot be read from adopt.secretArn`,
    run.reach.aws,
  );
  if (arn !== secretArn)
    throw refusal(
      `adopt.secretArn (${secretArn}) is not the secret's complete ARN: AWS returned ${arn}. The secret was not used, and nothing was adopted. ` +
        "If that is the application's secret, write its complete ARN.",
    );
  const secret = readAdoptedSecret(text, secretArn);
  assertOfApplication(secret, application, adopted);
  if (!namesApplication(secret, application)) await assertTagged(run, application, adopted);
  const credentials = await toCredentials(secret, authMethod, secretArn);
  await (await run.api()).proveCredentials(adopted.tenantId, application, credentials);
  return credentials;
}

function assertOfApplication(
  secret: AdoptedSecret,
  { clientId }: ApiApplication,
  { tenantId, applicationId, secretArn }: KeyAdoption,
): void {
  const expected = { tenant_id: tenantId, application_id: applicationId, client_id: clientId };
  for (const name of ["tenant_id", "application_id", "client_id"] as const) {
    const said = secret[name];
    if (said === undefined || said === expected[name]) continue;
    throw refusal(
      `The secret ${secretArn} belongs to another application: its ${name} is not ${expected[name]}. Nothing was adopted. Correct \`adopt\`.`,
    );
  }
}

function namesApplication(secret: AdoptedSecret, { applicationId, clientId }: ApiApplication): boolean {
  return secret.application_id === applicationId || secret.client_id === clientId;
}

/**
 * Ensures that a secret without an id in its value is tagged for this tenant: otherwise any secret that this
 * run may read could be sent as a password.
 *
 * @throws TenantManagementError `INPUT_INVALID` with the command that tags it
 */
async function assertTagged(
  run: Run,
  { applicationId, cell }: ApiApplication,
  adopted: KeyAdoption,
): Promise<void> {
  const { tenantId, secretArn } = adopted;
  const expected = { stage: run.settings.stage, cell, tenant_id: tenantId };
  const tags = await readSecretTags(
    secretArn,
    `Could not check that the secret of adopt.secretArn belongs to application ${applicationId}`,
    run.reach.aws,
  );
  const isTagged = Object.entries(expected).every(([key, value]) => tags.get(key) === value);
  if (isTagged && (tags.get("customer") ?? "") !== "") return;
  const list = Object.entries({ ...expected, customer: "<customer>" }).map(
    ([key, value]) => `'Key=${key},Value=${value}'`,
  );
  throw refusal(
    `The secret ${secretArn} neither names application ${applicationId} (JSON with application_id or client_id) nor has its tags. It was not used, and nothing was adopted. ` +
      `If it belongs to that application, add application_id to its value, or tag it: aws secretsmanager tag-resource --secret-id ${secretArn} --tags ${list.join(" ")}`,
  );
}
