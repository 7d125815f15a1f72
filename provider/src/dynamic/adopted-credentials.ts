import type { ApplicationCredentials } from "../client/application-credentials";
import type { ApiApplication, AuthMethod } from "../client/schemas";
import { type AdoptedSecret, readAdoptedSecret, toCredentials } from "./adopted-secret";
import type { KeyAdoption } from "./adoption";
import { applicationsOf, findApplication } from "./organization";
import { readSecretValue } from "./secret-value";
import { currentApi, currentSettings } from "./session";
import { refusal } from "./tenant-model";

const proven = new Map<string, Promise<ApplicationCredentials>>();

/**
 * Reads the credentials of an application that is to be adopted, and makes sure that they are its own: its
 * authorization server gives a token for them. It is done once for the application and its key.
 *
 * @throws TenantManagementError with the way out; never with anything of the credentials
 */
export function provenCredentials(
  adopted: KeyAdoption,
  authMethod: AuthMethod,
): Promise<ApplicationCredentials> {
  const key = JSON.stringify([adopted.tenantId, adopted.applicationId, adopted.secretArn, authMethod]);
  const pending = proven.get(key) ?? prove(adopted, authMethod);
  proven.set(key, pending);
  return pending;
}

/**
 * Finds the application that is to be adopted.
 *
 * @throws TenantManagementError `INPUT_INVALID` where its tenant does not hold it
 */
export async function applicationToAdopt({
  tenantId,
  applicationId,
}: Omit<KeyAdoption, "secretArn">): Promise<ApiApplication> {
  const found = await findApplication(tenantId, applicationId);
  if (found !== undefined) return found;
  const applications = await applicationsOf(tenantId);
  const { stage } = currentSettings();
  const held = applications?.map((application) => `${application.applicationId} (cell ${application.cell})`);
  throw refusal(
    held === undefined
      ? `There is no tenant ${tenantId} in stage ${stage} to adopt application ${applicationId} from. Check the tenant's id, and that the credentials are this organization's.`
      : `Tenant ${tenantId} (stage ${stage}) holds no application ${applicationId} to adopt; ` +
          `it holds ${held.length === 0 ? "none" : held.join(", ")}. Mend \`adopt\`, or remove it to have one made.`,
  );
}

async function prove(adopted: KeyAdoption, authMethod: AuthMethod): Promise<ApplicationCredentials> {
  const { secretArn } = adopted;
  const application = await applicationToAdopt(adopted);
  const value = await readSecretValue(
    secretArn,
    `The credentials of application ${application.applicationId} cannot be read from adopt.secretArn`,
  );
  const secret = readAdoptedSecret(value, secretArn);
  assertOfApplication(secret, application, adopted);
  const credentials = await toCredentials(secret, authMethod, secretArn);
  await (await currentApi()).proveCredentials(adopted.tenantId, application, credentials);
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
      `The secret ${secretArn} is of another application: its ${name} is not ${expected[name]}. Nothing was adopted. Mend \`adopt\`.`,
    );
  }
}
