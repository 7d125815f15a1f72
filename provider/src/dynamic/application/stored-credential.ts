import { z } from "zod";

import { isAwsError } from "../../aws/patience";
import { hasKey } from "../../client/auth-methods";
import { parseJson } from "../../client/json";
import { readPrivateKey } from "../../client/pem";
import { isSamePublicKey } from "../../client/public-key";
import type { ApiApplication } from "../../client/schemas";
import { messageOf } from "../../client/text";
import { onceForAll } from "../../concurrency";
import { customerOf, readApplicationName, secretNameOf } from "../../names/resource-name";
import type { Run } from "../run/run";
import { publicHalf } from "./adopted-secret";
import type { State } from "./tenant-application-model";

/** The fields of a secret's value that identify its application. */
const valueSchema = z.object({
  application_id: z.string(),
  client_id: z.string(),
  client_secret: z.string().optional(),
  private_key: z.string().optional(),
  key_id: z.string().optional(),
});
type StoredValue = z.output<typeof valueSchema>;

/** AWS's response for a secret: its value, or why it cannot be read. */
type Answer = { kind: "value"; value: string | undefined } | { kind: "missing" } | { kind: "marked" };

/** Compares the secrets in AWS with the state, as far as a run needs it. */
export class StoredCredentials {
  readonly #run: Run;
  /** After a failed call, AWS is not called again in this run. */
  #hasFailed = false;

  constructor(run: Run) {
    this.#run = run;
  }

  /**
   * Warns if the secret of a customer's application no longer contains its credential: someone changed it in
   * AWS. A refresh runs no program, so the check is here. The value is compared here, and is in no message.
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
        `warning: ${slot}: the secret ${name} is marked for deletion and cannot be read. ` +
          `Run \`npm run tenants -- restore ${customer}\`.`,
      );
      return;
    }
    if (await this.#isOfStack(answer.value, state, found)) return;
    console.warn(
      `warning: ${slot}: the secret ${name} no longer contains the credential that this stack stored: it was changed in AWS outside this stack. ` +
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
      // The AWS provider's own refresh reports a secret that is missing or has no version.
      if (isAwsError(error, "ResourceNotFoundException")) return { kind: "missing" };
      if (isAwsError(error, "InvalidRequestException")) return { kind: "marked" };
      if (!this.#hasFailed) {
        this.#hasFailed = true;
        console.warn(
          `warning: could not check whether the secrets in AWS are as this stack stored them: ${messageOf(error)} ` +
            "(this needs secretsmanager:GetSecretValue).",
        );
      }
      return undefined;
    }
  }

  async #isOfStack(value: string | undefined, state: State, { clientId }: ApiApplication): Promise<boolean> {
    const stored = valueSchema.safeParse(parseJson(value ?? "")).data;
    if (stored === undefined) return false;
    if (stored.application_id !== state.applicationId) {
      // Another generation of the slot: its own refresh compares its credential.
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

/** Returns the slot of the first generation, which names the secret; undefined if the resource is no customer's. */
function slotIn({ slot, cell }: State): string | undefined {
  const named = slot === undefined ? undefined : readApplicationName(slot.name);
  return named?.cell === cell ? named.slot : undefined;
}

/** A customer's own private key is not in the secret. */
function holdsKeyOf({ publicKey }: State, { private_key: pem }: StoredValue): boolean {
  if (pem === undefined || publicKey === undefined) return true;
  try {
    return isSamePublicKey(publicHalf(readPrivateKey(pem)), publicKey);
  } catch {
    return false;
  }
}
