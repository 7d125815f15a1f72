import { z } from "zod";

import { settingsSchema } from "../provider/src/settings/settings";
import { programSchema, readConfiguration } from "../stacks/src/configuration/configuration";
import { applicationSchema, customerSchema } from "../stacks/src/configuration/customer-schema";
import { rotationSettingsSchema } from "../stacks/src/configuration/rotation";
import { secretsSchema } from "../stacks/src/configuration/secrets";

/** A schema of an object with any keys. */
export type ObjectSchema = z.ZodObject<z.core.$ZodShape>;

/** One section of the reference: the keys of one schema. */
export interface Section {
  title: string;
  /** The text above the keys. */
  introduction: string;
  schema: ObjectSchema;
  /** The required keys. */
  required: ReadonlySet<string>;
}

const requiredOfStack = requiredOfProgram();

/** The sections, in the order of the page. */
export const sections: readonly Section[] = [
  {
    title: "`tenants:*`, of the resources",
    introduction:
      "Also in [a stack of your own](downstream.md#a-stack-of-your-own), where a preview needs only `stage`. URLs must be at [allowed hosts](security.md#hosts). The organization's key has [four places](keys.md#where-the-organizations-key-is-stored).",
    schema: settingsSchema,
    required: requiredOfStack,
  },
  {
    title: "`tenants:*`, of the program",
    introduction: "Only of this project.",
    schema: programSchema,
    required: requiredOfStack,
  },
  {
    title: "`customers[]`",
    introduction:
      "See [`status`](offboarding.md) and [`adopt`](keys.md#to-adopt-existing-tenants-and-applications).",
    schema: customerSchema("production"),
    required: requiredBy(customerSchema("production")),
  },
  {
    title: "`customers[].applications[]`",
    introduction: "Cell and purpose identify an application.",
    schema: applicationSchema("production"),
    required: requiredBy(applicationSchema("production")),
  },
  {
    title: "`secrets`",
    introduction:
      "To undo a key, write its default (`readerRoleArns`: `[]`); omitting it changes nothing. A replica stays until you run `aws secretsmanager remove-regions-from-replication`. A new `recoveryWindowInDays` counts once an `up` has stored it.",
    schema: secretsSchema,
    required: requiredBy(secretsSchema),
  },
  {
    title: "`rotation`",
    introduction:
      "`none`, or at least one of `every`, `rotateAt` and `changes: immediately` ([rotation.md](rotation.md)).",
    schema: rotationSettingsSchema,
    required: requiredBy(rotationSettingsSchema),
  },
];

/** Lists the keys that the program reports as missing in a stack without any, and in one with only a stage. */
function requiredOfProgram(): ReadonlySet<string> {
  const missed = [new Map(), new Map([["stage", "production"]])].flatMap((values) => {
    const read = readConfiguration(values);
    return "problems" in read ? read.problems : [];
  });
  return new Set(missed.map(({ path }) => path.replace(/^tenants:/, "")));
}

/** Lists the keys that a schema requires in an empty object and its nested objects. */
export function requiredBy(schema: ObjectSchema): ReadonlySet<string> {
  const issues = schema.safeParse({}).error?.issues ?? [];
  const own = issues.filter(({ path }) => path.length > 0).map(({ path }) => path.join("."));
  const within = Object.entries(schema.shape).flatMap(([key, field]) => {
    const { inner } = unwrap(field);
    return inner instanceof z.ZodObject ? [...requiredBy(inner)].map((name) => `${key}.${name}`) : [];
  });
  return new Set([...own, ...within]);
}

/** Returns a schema without what makes it optional, and its default. */
export function unwrap(schema: z.core.$ZodType): { inner: z.core.$ZodType; fallback?: unknown } {
  if (schema instanceof z.ZodOptional) return unwrap(schema.def.innerType);
  if (schema instanceof z.ZodPrefault) return unwrap(schema.def.innerType);
  if (schema instanceof z.ZodDefault) {
    return { ...unwrap(schema.def.innerType), fallback: schema.def.defaultValue };
  }
  return { inner: schema };
}
