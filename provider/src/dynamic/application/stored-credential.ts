import { z } from "zod";

import { isAwsError } from "../../aws/patience";
import { hasKey } from "../../client/auth-methods";
import { messageOf } from "../../client/errors";
import { parseJson } from "../../client/json";
import { readPrivateKey } from "../../client/pem";
import { isSamePublicKey } from "../../client/public-key";
import type { ApiApplication } from "../../client/schemas";
import { onceForAll } from "../../concurrency";
import { customerOf, readApplicationName, secretNameOf } from "../../names/resource-name";
import type { Run } from "../run/run";
import { publicHalf } from "./adopted-secret";
import type { State } from "./tenant-application-model";

/** What the value of an application's secret says of whose it is. */
const valueSchema = z.object({
  application_id: z.string(),
  client_id: z.string(),
  client_secret: z.string().optional(),
  private_key: z.string().optional(),
  key_id: z.string().optional(),
});
type StoredValue = z.output<typeof valueSchema>;

/** What AWS answers for a secret: its value, or why there is none to read. */
type Answer = { kind: "value"; value: string | undefined } | { kind: "missing" } | { kind: "marked" };

/** What the secrets in AWS hold, as far as a run asks for it. */
export class StoredCredentials {
  readonly #run: Run;
  /** Where AWS cannot be asked once, it is not asked again in this run. */
  #hasFailed = false;

  constructor(run: Run) {
    this.#run = run;
  }

  /**
   * Warns where the secret of an application that a customer has no longer holds its credential: somebody changed it in AWS.
   * A refresh runs no program, so this is where it is seen. The value is compared here, and is in no message.
   *
   * @param found the application as the API has it
   */
  async warnOfOverwritten(state: State, found: ApiApplication): Promise<void> {
    const slot = slotIn(state);
    if (slot === undefined || state.isPartlyMade === true || this.#hasFailed) return;
    const name = secretNameOf(this.#run.secretPrefix, this.#run.settings.stage, slot);
    const answer = await this.#look(name);
    if (answer === undefined || answer.kind === "missing") return;
    if (answer.kind === "marked") {
      const customer = customerOf(slot);
      console.warn(
        `warning: ${slot}: the secret ${name} is marked for deletion, and nobody can read it. ` +
          `Run \`npm run tenants -- restore ${customer}\`.`,
      );
      return;
    }
    if (await this.#isOfStack(answer.value, state, found)) return;
    console.warn(
      `warning: ${slot}: the secret ${name} no longer holds the credential that this stack stored: it was changed in AWS outside this stack. ` +
        "Run `pulumi preview`, which prints the command that repairs it.",
    );
  }

  readonly #openClient = onceForAll(async () => {
    const { GetSecretValueCommand, SecretsManagerClient } = await import("@aws-sdk/client-secrets-manager");
    const client = this.#run.reach.aws.open(SecretsManagerClient, "secretsmanager");
    return (name: string) => client.send(new GetSecretValueCommand({ SecretId: name }));
  });

  async #look(name: string): Promise<Answer | undefined> {
    try {
      const read = await this.#openClient();
      return { kind: "value", value: (await read(name)).SecretString };
    } catch (error) {
      // The AWS provider's own refresh says that a secret is not there, or has no version.
      if (isAwsError(error, "ResourceNotFoundException")) return { kind: "missing" };
      if (isAwsError(error, "InvalidRequestException")) return { kind: "marked" };
      if (!this.#hasFailed) {
        this.#hasFailed = true;
        console.warn(
          `warning: whether the secrets in AWS are still as this stack stored them could not be found out: ${messageOf(error)} ` +
            "(it takes secretsmanager:GetSecretValue).",
        );
      }
      return undefined;
    }
  }

  async #isOfStack(value: string | undefined, state: State, { clientId }: ApiApplication): Promise<boolean> {
    const stored = valueSchema.safeParse(parseJson(value ?? "")).data;
    if (stored === undefined) return false;
    if (stored.application_id !== state.applicationId) {
      // Another generation of the slot: that one's own refresh compares its credential.
      const others = (await this.#run.known.applicationsOf(state.tenantId)) ?? [];
      return others.some(({ applicationId, cell }) => {
        return applicationId === stored.application_id && cell === state.cell;
      });
    }
    if (stored.client_id !== clientId) return false;
    return hasKey(state.authMethod)
      ? stored.key_id === state.keyId && holdsKeyOf(state, stored)
      : stored.client_secret === state.clientSecret;
  }
}

/** Gives the slot of the first generation, which names the secret; undefined where the resource is no customer's. */
function slotIn({ slot, cell }: State): string | undefined {
  const named = slot === undefined ? undefined : readApplicationName(slot.name);
  return named?.cell === cell ? named.slot : undefined;
}

/** A key of the customer's own is not in the secret. */
function holdsKeyOf({ publicKey }: State, { private_key: pem }: StoredValue): boolean {
  if (pem === undefined || publicKey === undefined) return true;
  try {
    return isSamePublicKey(publicHalf(readPrivateKey(pem)), publicKey);
  } catch {
    return false;
  }
}
