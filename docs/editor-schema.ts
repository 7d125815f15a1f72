import path from "node:path";

import { z } from "zod";

import { widestStage } from "../provider/src/names/index";
import { settingsSchema } from "../provider/src/settings/settings";
import { serviceSettingsSchema } from "../service/src/settings/settings";
import { programSchema } from "../stacks/src/configuration/configuration";
import { customerSchema } from "../stacks/src/configuration/customer-schema";
import { rotationSchema, rotationSettingsSchema } from "../stacks/src/configuration/rotation";

type JsonSchema = z.core.JSONSchema.BaseSchema;

/**
 * The paths of the schemas for editors: of `Pulumi.<stack>.yaml`, a file of `tenants:customersFrom`, and
 * `service.yaml`.
 */
export const editorSchemas = {
  stack: path.join(__dirname, "schemas/stack.json"),
  customers: path.join(__dirname, "schemas/customers.json"),
  service: path.join(__dirname, "schemas/service.json"),
};

/** Keys that the engine passes as text, and that a file may contain as a number or a boolean. */
const widened: Readonly<Record<string, JsonSchema["type"]>> = {
  quota: ["integer", "string"],
  journalDiskIsKept: ["boolean", "string"],
  replaceLostApplications: ["boolean", "string"],
};

/** A value that `pulumi config set --secret` has encrypted. */
const encrypted: JsonSchema = {
  type: "object",
  required: ["secure"],
  properties: { secure: { type: "string" } },
  additionalProperties: false,
};

/**
 * Returns the JSON Schema with which an editor completes and checks a stack's file. It knows each key, its
 * type and its choices; only `tenants check` checks rules between fields, and the cells of a stage.
 */
export function stackFileSchema(): JsonSchema {
  const shape = { ...settingsSchema.shape, ...programSchema.shape };
  const keys = Object.entries(shape).map(([key, schema]) => [`tenants:${key}`, valueOf(key, schema)]);
  return {
    $schema: "http://json-schema.org/draft-07/schema#",
    title: "Pulumi.<stack>.yaml",
    definitions: { encrypted },
    type: "object",
    properties: {
      config: {
        type: "object",
        properties: Object.fromEntries(keys) as Record<string, JsonSchema>,
        patternProperties: { [`^tenants:(?!(?:${Object.keys(shape).join("|")})$)`]: false },
      },
    },
  };
}

/** Returns the JSON Schema of a file that contains one customer, or a list of them. */
export function customersFileSchema(): JsonSchema {
  const customer = toJsonSchema(customerSchema(widestStage));
  return {
    $schema: "http://json-schema.org/draft-07/schema#",
    title: "One customer, or a list of them",
    if: { type: "array" },
    then: { type: "array", items: customer },
    else: customer,
  };
}

/** Returns the JSON Schema of `service.yaml`. */
export function serviceFileSchema(): JsonSchema {
  const schema = toJsonSchema(serviceSettingsSchema);
  return { $schema: "http://json-schema.org/draft-07/schema#", title: "service.yaml", ...schema };
}

function valueOf(key: string, schema: z.core.$ZodType): JsonSchema {
  const { description, ...own } = toJsonSchema(schema);
  const type = widened[key];
  const value =
    key === "customers"
      ? { type: "array" as const, items: toJsonSchema(customerSchema(widestStage)) }
      : type === undefined
        ? own
        : { type };
  return {
    ...(description === undefined ? {} : { description }),
    anyOf: [value, { $ref: "#/definitions/encrypted" }],
  };
}

function toJsonSchema(schema: z.core.$ZodType): JsonSchema {
  return z.toJSONSchema(schema, {
    target: "draft-7",
    io: "input",
    unrepresentable: "any",
    override: ({ zodSchema, jsonSchema }) => {
      delete jsonSchema.$schema;
      // A transformation has no schema of its own.
      if ((zodSchema as z.core.$ZodType) === rotationSchema)
        Object.assign(jsonSchema, { anyOf: [{ const: "none" }, toJsonSchema(rotationSettingsSchema)] });
    },
  });
}

/** Returns a schema as the text of its file. */
export function schemaText(schema: JsonSchema): string {
  return `${JSON.stringify(schema, undefined, 2)}\n`;
}
