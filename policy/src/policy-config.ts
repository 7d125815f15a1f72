import { cells } from "pulumi-resistant-tenants/client";
import { z } from "zod";

import type { PolicyConfig } from "./resource";

const texts = z.array(z.string());

/** The settings of each policy in the file for `--policy-pack-config`. */
export const policyConfigSchema = z.object({
  cells: z.array(z.enum(cells)).default([...cells]),
  accounts: z.array(z.string().regex(/^\d{12}$/)).default([]),
  minDays: z.int().min(0).max(30).default(7),
  maxDays: z.int().min(1).default(365),
  locations: texts.default(["s3://"]),
  providers: texts.default(["awskms://", "azurekeyvault://", "gcpkms://", "hashivault://", "service"]),
}) satisfies z.ZodType<PolicyConfig>;

const list = (pattern?: string) => ({
  type: "array" as const,
  items: { type: "string" as const, ...(pattern === undefined ? {} : { pattern }) },
});

/** The same, as the engine checks it before any rule runs. */
export const policyConfigSchemas = {
  "allowed-cells": { properties: { cells: { type: "array", items: { type: "string", enum: [...cells] } } } },
  "reader-accounts": { properties: { accounts: list("^[0-9]{12}$") } },
  "aws-account": { properties: { accounts: list("^[0-9]{12}$") } },
  "recovery-window": { properties: { minDays: { type: "integer", minimum: 0, maximum: 30 } } },
  "rotated-client-secrets": { properties: { maxDays: { type: "integer", minimum: 1 } } },
  journal: { properties: { locations: list() } },
  "secrets-provider": { properties: { providers: list() } },
} as const;
