import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";

import { z } from "zod";

import { SandboxError } from "../errors";
import { cells } from "./cells";
import { toKeyObject } from "./keys";
import type { KeptClient } from "./organization";
import type { ApplicationAuthentication, Tenant } from "./tenants";
import { documentsScopes } from "./vocabulary";

/**
 * The file with a sandbox's tenants and the organization's client across restarts. Its secrets exist only in
 * the sandbox; only its owner can read it.
 */

const integer = z.string().regex(/^\d+$/).transform(BigInt);
const authenticationSchema = z.union([
  z.object({ type: z.literal("CLIENT_SECRET"), clientSecret: z.string() }),
  z.object({ type: z.literal("RSA"), alg: z.literal("RS256"), kid: z.string(), e: integer, n: integer }),
  z.object({ type: z.literal("EC"), alg: z.literal("ES256"), kid: z.string(), x: integer, y: integer }),
]);
const keptSchema = z.object({
  client: z.object({ clientId: z.string(), privateKeyPem: z.string() }),
  tenants: z.array(
    z.object({
      tenantId: z.string(),
      name: z.string(),
      created: z.string(),
      updated: z.string(),
      cells: z.array(z.enum(cells)),
      applications: z.array(
        z.object({
          applicationId: z.string(),
          clientId: z.string(),
          cell: z.enum(cells),
          scopes: z.array(z.enum(documentsScopes)),
          authentication: authenticationSchema,
        }),
      ),
    }),
  ),
});

/**
 * Reads the data of an earlier start; undefined if there was none.
 *
 * @throws SandboxError `BAD_CONFIGURATION` if the file is not in the format of a start
 */
export function readKept(file: string): { client: KeptClient; tenants: Tenant[] } | undefined {
  if (!existsSync(file)) return undefined;
  try {
    const { client, tenants } = keptSchema.parse(JSON.parse(readFileSync(file, "utf8")));
    return {
      client,
      tenants: tenants.map(({ applications, ...tenant }) => ({
        ...tenant,
        applications: new Map(
          applications.map(({ authentication, ...application }) => [
            application.applicationId,
            { ...application, authentication: toAuthentication(authentication) },
          ]),
        ),
      })),
    };
  } catch (cause) {
    const message = `${file} is not what the sandbox wrote: restore it, or start with an empty folder.`;
    throw new SandboxError("BAD_CONFIGURATION", message, { cause });
  }
}

/** Replaces the file, so that a killed process leaves either the old one or the new one. */
export function writeKept(file: string, client: KeptClient, tenants: readonly Tenant[]): void {
  const kept = {
    client: { clientId: client.clientId, privateKeyPem: client.privateKeyPem },
    tenants: tenants.map(({ applications, ...tenant }) => ({
      ...tenant,
      applications: [...applications.values()].map(({ authentication, ...application }) => ({
        ...application,
        authentication: authentication.type === "CLIENT_SECRET" ? authentication : authentication.publicKey,
      })),
    })),
  };
  const text = JSON.stringify(kept, (_key, value: unknown) =>
    typeof value === "bigint" ? value.toString() : value,
  );
  writeFileSync(`${file}.new`, text, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

function toAuthentication(kept: z.output<typeof authenticationSchema>): ApplicationAuthentication {
  if (kept.type === "CLIENT_SECRET") return kept;
  return { type: kept.type, publicKey: kept, keyObject: toKeyObject(kept) };
}
