import {
  InvalidRequestException,
  ResourceNotFoundException,
  SecretsManagerClient,
  SecretsManagerServiceException,
} from "@aws-sdk/client-secrets-manager";

import { reasonOf } from "../errors";

const clients = new Map<string, SecretsManagerClient>();

/** Returns the client of a region (default: `AWS_REGION`); endpoint and credentials come from the environment. */
export function secretsManager(region: string | undefined): SecretsManagerClient {
  const named = region ?? defaultRegion();
  let client = clients.get(named);
  if (!client) {
    client = new SecretsManagerClient({ region: named });
    clients.set(named, client);
  }
  return client;
}

/** Returns the region of resources without one, from `AWS_REGION`. */
export function defaultRegion(): string {
  const region = process.env["AWS_REGION"];
  if (!region) throw new TypeError("AWS_REGION must name the region of aws:region");
  return region;
}

/** Returns whether an error means that the secret or the version does not exist, or is marked for deletion. */
export function isGone(error: unknown): boolean {
  return (
    error instanceof ResourceNotFoundException ||
    (error instanceof InvalidRequestException &&
      /because it was (deleted|marked for deletion)/.test(error.message))
  );
}

/** Returns whether a name cannot be used yet because its former secret is still being deleted. */
export function isBeingDeleted(error: unknown): boolean {
  return error instanceof InvalidRequestException && /scheduled for deletion|was deleted/.test(error.message);
}

/**
 * Creates an error with what failed, and AWS's code and message.
 *
 * @param confidential - A value that the message must not repeat.
 */
export function failure(doing: string, error: unknown, confidential = ""): Error {
  const code = error instanceof SecretsManagerServiceException ? `${error.name}: ` : "";
  const reason = `${doing}: ${code}${reasonOf(error)}`;
  return new Error(confidential === "" ? reason : reason.replaceAll(confidential, "[secret]"), {
    cause: error,
  });
}
