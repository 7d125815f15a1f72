import { sameMembers } from "../../client/as-asked";
import { parsePublicKey } from "../../client/public-key";
import type { ApiApplication } from "../../client/schemas";
import type { Run } from "../run/run";
import { refusal } from "../tenant/tenant-model";
import { applicationToAdopt, provenCredentials } from "./adopted-credentials";
import { publicHalf } from "./adopted-secret";
import type { Adoption } from "./adoption";
import type { ApplicationCreate, ObtainedApplication } from "./application-create";
import { type Inputs, scopesOf } from "./tenant-application-model";

/**
 * Takes an existing application over, on the record: nothing is sent that changes anything. All is checked before: that
 * it is as declared, and that its authorization server gives a token for its credentials.
 *
 * @throws TenantManagementError with the way out
 */
export async function adoptApplication(
  create: ApplicationCreate,
  adopt: Adoption,
): Promise<ObtainedApplication> {
  const { run, wanted, authentication, slot } = create;
  const { tenantId } = wanted;
  const { applicationId } = adopt;
  assertNotHeld(run, applicationId, run.held.idOf("TenantApplication", slot.name));
  const application = await applicationToAdopt(run, { tenantId, applicationId });
  assertAsDeclared(application, wanted);
  const credentials = await provenCredentials(run, { tenantId, ...adopt }, authentication.type);
  if (credentials.type !== "CLIENT_SECRET" && authentication.type !== "CLIENT_SECRET") {
    await assertSameKey(wanted, authentication.keyId, credentials, adopt);
  }
  const { cell, scopes, authMethod } = create.parameters;
  const parameters = { cell, scopes, authMethod, adopt: applicationId };
  const intention = {
    type: "TenantApplication",
    operation: "create",
    slot,
    tenantId,
    applicationId,
  } as const;
  return create.onRecord({ ...intention, parameters }, () => {
    run.known.noteApplicationOfStack(applicationId, tenantId);
    run.guard.noteKept("TenantApplication", applicationId);
    const { clientId } = application;
    const adopted = credentials.type === "CLIENT_SECRET" ? { ...application, credentials } : application;
    return Promise.resolve([{ outcome: "adopted", applicationId, clientId }, adopted]);
  });
}

/** `heldId` is what the stack held in this very place: it would be deleted as the predecessor of itself. */
function assertNotHeld({ known }: Run, applicationId: string, heldId: string | undefined): void {
  if (heldId === applicationId) {
    throw refusal(
      `Application ${applicationId} is this resource's own: it cannot be replaced by itself. To have a new one made, remove \`adopt\` first.`,
    );
  }
  if (known.isApplicationOfStack(applicationId)) {
    throw refusal(
      `Application ${applicationId} cannot be adopted: another resource of this stack holds it. Remove one of them.`,
    );
  }
}

function assertAsDeclared({ applicationId, cell, scopes }: ApiApplication, wanted: Inputs): void {
  const fitting = [
    ...(cell === wanted.cell ? [] : [`cell: ${cell}`]),
    ...(sameMembers(scopes, scopesOf(wanted.scopes)) ? [] : [`scopes: [${scopes.join(", ")}]`]),
  ];
  if (fitting.length === 0) return;
  throw refusal(
    `Application ${applicationId} is not as declared, and there is no update operation: it was not adopted. ` +
      `To adopt it as it is, write ${fitting.join(" and ")}`,
  );
}

async function assertSameKey(
  { publicKey }: Inputs,
  keyId: string,
  credentials: { privateKey: Parameters<typeof publicHalf>[0]; keyId: string },
  { applicationId, secretArn }: Adoption,
): Promise<void> {
  const [declared, inSecret] = await Promise.all(
    [publicKey, publicHalf(credentials.privateKey)].map(parsePublicKey),
  );
  if (declared?.thumbprint !== inSecret?.thumbprint) {
    throw refusal(
      `The public key that is declared for application ${applicationId} is not that of the private key in the secret ${secretArn}: it was not adopted. ` +
        "Declare its public half, or a SigningKey that adopts the same application.",
    );
  }
  if (keyId !== credentials.keyId) {
    throw refusal(
      `The key of application ${applicationId} has the id ${credentials.keyId} in the secret ${secretArn}, and ${keyId} is declared: it was not adopted. ` +
        `Write keyId: ${credentials.keyId}`,
    );
  }
}
