import type { Authentication } from "../../client/api";
import { parsePublicKey } from "../../client/public-key";
import type { ApiApplication } from "../../client/schemas";
import type { RecordedAs } from "../../journal/index";
import { applicationToAdopt, provenCredentials } from "./adopted-credentials";
import { publicHalf } from "./adopted-secret";
import type { Adoption } from "./adoption";
import { sameMembers } from "../engine/inputs";
import type { ObtainedApplication } from "./obtain-application";
import { isApplicationOfStack, noteApplicationOfStack } from "../run/known-objects";
import { heldObjectId, record } from "../run/recorder";
import { type Inputs, scopesOf, unknownSlot } from "./tenant-application-model";
import { refusal } from "../tenant/tenant-model";

/** Applications that this run's program adopts: whatever else the run does, it never deletes one of them. */
export const adoptedInThisRun = new Set<string>();

/**
 * Takes an existing application over, on the record: nothing is sent that changes anything. All is checked before: that
 * it is as declared, and that its authorization server gives a token for its credentials.
 *
 * @param onRecord is told where the result is on record, if that is known, before this resolves
 * @throws TenantManagementError with the way out
 */
export async function adoptApplication(
  wanted: Inputs,
  adopt: Adoption,
  authentication: Authentication,
  onRecord: (recordedAs: RecordedAs | undefined) => void,
): Promise<ObtainedApplication> {
  const { tenantId } = wanted;
  const { applicationId } = adopt;
  const slot = wanted.slot ?? unknownSlot(applicationId);
  assertNotHeld(applicationId, heldObjectId("TenantApplication", slot));
  const application = await applicationToAdopt({ tenantId, applicationId });
  assertAsDeclared(application, wanted);
  const credentials = await provenCredentials({ tenantId, ...adopt }, authentication.type);
  if (credentials.type !== "CLIENT_SECRET" && authentication.type !== "CLIENT_SECRET") {
    await assertSameKey(wanted, authentication.keyId, credentials, adopt);
  }
  const recording = await record({
    type: "TenantApplication",
    operation: "create",
    slot,
    tenantId,
    applicationId,
    parameters: {
      cell: wanted.cell,
      scopes: scopesOf(wanted.scopes),
      authMethod: authentication.type,
      adopt: applicationId,
    },
  });
  noteApplicationOfStack(applicationId, tenantId);
  adoptedInThisRun.add(applicationId);
  const { clientId } = application;
  onRecord(await recording.end({ outcome: "adopted", applicationId, clientId }));
  return credentials.type === "CLIENT_SECRET" ? { ...application, credentials } : application;
}

/** `heldId` is what the stack held in this very place: it would be deleted as the predecessor of itself. */
function assertNotHeld(applicationId: string, heldId: string | undefined): void {
  if (heldId === applicationId) {
    throw refusal(
      `Application ${applicationId} is this resource's own: it cannot be replaced by itself. To have a new one made, remove \`adopt\` first.`,
    );
  }
  if (isApplicationOfStack(applicationId)) {
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
