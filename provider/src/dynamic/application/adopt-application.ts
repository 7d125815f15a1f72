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
 * Adopts an existing application, and records it: it sends nothing that changes anything. First it checks
 * that the application is as declared, and that its authorization server issues a token for its credentials.
 *
 * @throws TenantManagementError with what to do
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
  if ("keyId" in credentials && "keyId" in authentication) {
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
    const adopted = "clientSecret" in credentials ? { ...application, credentials } : application;
    return Promise.resolve([{ outcome: "adopted", applicationId, clientId }, adopted]);
  });
}

/** Refuses an application that a resource already has: replaced with itself (`heldId`), it would be deleted as its own predecessor. */
function assertNotHeld({ known }: Run, applicationId: string, heldId: string | undefined): void {
  if (heldId === applicationId) {
    throw refusal(
      `This resource already holds application ${applicationId}, so it cannot be replaced with the same one. To create a new one, remove \`adopt\` first.`,
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
    `Application ${applicationId} differs from its declaration, and there is no update operation. It was not adopted. ` +
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
      `The public key declared for application ${applicationId} does not belong to the private key in the secret ${secretArn}. The application was not adopted. ` +
        "Declare its public half, or a SigningKey that adopts the same application.",
    );
  }
  if (keyId !== credentials.keyId) {
    throw refusal(
      `The key of application ${applicationId} has the id ${credentials.keyId} in the secret ${secretArn}, but ${keyId} is declared. The application was not adopted. ` +
        `Write keyId: ${credentials.keyId}`,
    );
  }
}
