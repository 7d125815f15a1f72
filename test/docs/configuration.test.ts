import { strict as assert } from "node:assert";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";

import { z } from "zod";

import { configurationPage, writeConfigurationReference } from "../../docs/configuration";
import { describedKeys } from "../../docs/described-keys";
import { environmentVariables } from "../../docs/environment";
import { type ObjectSchema, type Section, sections, unwrap } from "../../docs/sections";
import { settingsKeys } from "../../provider/src/settings/settings";
import { programSchema } from "../../stacks/src/configuration/configuration";
import { mentioning } from "../support/mentions";

const root = path.join(__dirname, "..", "..");
const page = readFileSync(configurationPage, "utf8");

/** What stands below one heading of the page. */
function textOf({ title }: Section): string {
  const [, text] = page.split(`\n## ${title}\n`);
  assert.ok(text !== undefined, `there is no heading ${title}`);
  return text.split("\n## ")[0]!;
}

/** What the list says of a key, in one line. */
function itemOf(section: Section, key: string): string {
  const item = textOf(section)
    .split(/\n(?=- )/)
    .find((text) => text.startsWith(`- \`${key}\`: `));
  assert.ok(item !== undefined, `${section.title} does not list ${key}`);
  return item.replaceAll(/\s+/g, " ");
}

/** Every key that a schema accepts, those of objects within too, unless they have a section of their own. */
function acceptedKeys(schema: ObjectSchema, prefix = ""): Array<{ key: string; schema: z.core.$ZodType }> {
  return Object.entries(schema.shape).flatMap(([name, field]) => {
    const key = prefix + name;
    const { inner } = unwrap(field);
    const hasOwnSection = sections.some((section) => section.schema === inner);
    const within = inner instanceof z.ZodObject && !hasOwnSection ? acceptedKeys(inner, `${key}.`) : [];
    return [{ key, schema: field }, ...within];
  });
}

/** The code of what users run, by file. */
function sources(): Array<{ file: string; text: string }> {
  return ["provider/src", "stacks/src", "operations/src", "cli"].flatMap((folder) =>
    readdirSync(path.join(root, folder), { recursive: true, encoding: "utf8" })
      .filter((file) => /\.[jt]s$/.test(file))
      .map((file) => path.join(folder, file))
      .map((file) => ({ file, text: readFileSync(path.join(root, file), "utf8") })),
  );
}

describe("the configuration reference", () => {
  it("is what the schemas say now", async () => {
    assert.equal(
      page,
      await writeConfigurationReference(),
      "docs/configuration.md is old: run `npm run docs`",
    );
  });

  it("has every key that the schemas accept", () => {
    for (const section of sections) {
      for (const { key } of acceptedKeys(section.schema)) itemOf(section, key);
    }
    const ofStack = sections.flatMap(({ title, schema }) =>
      title.startsWith("`tenants:*`") ? Object.keys(schema.shape) : [],
    );
    assert.deepEqual(ofStack, [...settingsKeys, ...Object.keys(programSchema.shape)]);
    const application = sections.find(({ title }) => title === "`customers[].applications[]`")!;
    assert.ok(acceptedKeys(application.schema).some(({ key }) => key === "adopt.secretArn"));
  });

  it("has no key that they do not accept", () => {
    for (const section of sections) {
      const listed = [...textOf(section).matchAll(/^- `([^`]+)`: /gm)].map(([, key]) => key);
      assert.deepEqual(
        listed.toSorted(),
        acceptedKeys(section.schema)
          .map(({ key }) => key)
          .toSorted(),
      );
    }
  });

  it("marks what is required", () => {
    const required = Object.fromEntries(
      sections.map(({ title, ...section }) => [
        title,
        acceptedKeys(section.schema)
          .map(({ key }) => key)
          .filter((key) => /^- `[^`]+`: \*\*Required\.\*\* /.test(itemOf({ title, ...section }, key))),
      ]),
    );
    assert.deepEqual(required, {
      "`tenants:*`, of the resources": ["stage", "tokenUrl"],
      "`tenants:*`, of the program": ["customers"],
      "`customers[]`": ["name", "customerId", "cells"],
      "`customers[].applications[]`": ["cell", "adopt.applicationId", "adopt.secretArn"],
      "`secrets`": [],
      "`rotation`": [],
    });
  });

  it("names every default and every choice that a schema has", () => {
    for (const section of sections) {
      for (const { key, schema } of acceptedKeys(section.schema)) {
        const { inner, fallback } = unwrap(schema);
        const choices = inner instanceof z.ZodEnum && key !== "cell" ? inner.options : [];
        const scalar = typeof fallback === "string" || typeof fallback === "number" ? [fallback] : [];
        for (const value of [...choices, ...scalar]) {
          assert.ok(itemOf(section, key).includes(`\`${value}\``), `${section.title} ${key}: ${value}`);
        }
        if (scalar.length > 0) assert.match(itemOf(section, key), /Default: /, `${section.title} ${key}`);
      }
    }
  });

  it("refuses a key without a description", () => {
    const within = (inner: z.ZodType) =>
      z.object({ outer: z.strictObject({ inner }).optional().describe("Holds another.") });
    assert.deepEqual(
      describedKeys(within(z.string().describe("Is within."))).map(({ name, meaning }) => [name, meaning]),
      [
        ["outer", "Holds another."],
        ["outer.inner", "Is within."],
      ],
    );
    assert.throws(() => describedKeys(within(z.string())), mentioning("outer.inner"));
  });

  it("has every environment variable that the code reads, and no other", () => {
    const text = sources()
      .map((source) => source.text)
      .join("\n");
    const read = [
      ...text.matchAll(/\bTENANTS_[A-Z_]+\b/g),
      ...text.matchAll(/(?<=process\.env(?:\.|\["))[A-Z_]+\b(?!"\] = )/g),
    ].map(([name]) => name);
    const known = environmentVariables.flatMap(({ names }) => names);
    assert.deepEqual(
      // The page is beside Pulumi's own reference.
      [...new Set(read)].filter((name) => !known.includes(name) && !name.startsWith("PULUMI_")),
      [],
    );
    for (const name of known) assert.match(text, new RegExp(`["\\s]${name}\\b`), `nothing reads ${name}`);
    for (const { names, summary } of environmentVariables) {
      for (const shown of summary === undefined ? names.map((name) => `\`${name}\``) : [summary])
        assert.ok(page.includes(shown), `the page has no ${shown}`);
    }
  });
});
