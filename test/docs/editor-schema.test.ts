import { strict as assert } from "node:assert";
import { readFileSync } from "node:fs";
import path from "node:path";

import { TextDocument } from "vscode-languageserver-textdocument";
import { getLanguageService, SchemaPriority } from "yaml-language-server";

import { customersFileSchema, editorSchemas, schemaText, stackFileSchema } from "../../docs/editor-schema";

const root = path.join(__dirname, "../..");

/** Answers as an editor's language server does for a file with a schema. */
function editor(name: string, schemaFile: string) {
  const schema = JSON.parse(readFileSync(schemaFile, "utf8")) as object;
  let asked = 0;
  const open = (text: string) => {
    asked += 1;
    const service = getLanguageService({
      schemaRequestService: () => Promise.resolve(JSON.stringify(schema)),
      workspaceContext: {
        resolveRelativePath: (relative, resource) => new URL(relative, resource).toString(),
      },
    });
    const schemas = [
      { fileMatch: ["*.yaml"], uri: `file:///${name}.json`, schema, priority: SchemaPriority.Settings },
    ];
    service.configure({ validate: true, completion: true, hover: true, yamlVersion: "1.2", schemas });
    return { service, document: TextDocument.create(`file:///${name}${asked}.yaml`, "yaml", 1, text) };
  };
  return {
    problems: async (text: string): Promise<string[]> => {
      const { service, document } = open(text);
      return (await service.doValidation(document, false)).map(({ message }) => JSON.stringify(message));
    },
    completions: async (text: string): Promise<string[]> => {
      const { service, document } = open(text);
      const { items } = await service.doComplete(document, document.positionAt(text.length), false);
      return items.map(({ label }) => label);
    },
    hover: async (text: string, word: string): Promise<string> => {
      const { service, document } = open(text);
      const hover = await service.doHover(document, document.positionAt(text.indexOf(word) + 1));
      return JSON.stringify(hover?.contents ?? "");
    },
  };
}

describe("the schemas for editors", () => {
  const stack = editor("stack", editorSchemas.stack);
  const customers = editor("customers", editorSchemas.customers);

  it("are what the configuration's schemas say now", () => {
    assert.equal(
      readFileSync(editorSchemas.stack, "utf8"),
      schemaText(stackFileSchema()),
      "run `npm run docs`",
    );
    assert.equal(readFileSync(editorSchemas.customers, "utf8"), schemaText(customersFileSchema()));
  });

  for (const file of ["Pulumi.dev.yaml", "Pulumi.prod.yaml"]) {
    it(`find nothing wrong with ${file}, which names its own`, async () => {
      const text = readFileSync(path.join(root, file), "utf8");
      const [, named] = /^# yaml-language-server: \$schema=(\S+)$/m.exec(text) ?? [];
      assert.equal(path.join(root, named ?? ""), editorSchemas.stack);
      assert.deepEqual(await stack.problems(text), []);
    });
  }

  it("complete keys and choices while they are typed", async () => {
    const keys = await stack.completions("config:\n  ten");
    assert.ok(keys.includes("tenants:stage") && keys.includes("tenants:secretPrefix"), keys.join());
    assert.deepEqual((await stack.completions("config:\n  tenants:stage: ")).toSorted(), [
      "production",
      "testing",
    ]);
    const fields = await stack.completions("config:\n  tenants:customers:\n    - name: acme\n      c");
    assert.ok(fields.includes("customerId") && fields.includes("cells"), fields.join());
    const statuses = await customers.completions("name: acme\nstatus: ");
    assert.ok(statuses.includes("deprecated"), statuses.join());
  });

  it("say what a key means", async () => {
    const { properties } = JSON.parse(readFileSync(editorSchemas.stack, "utf8")) as {
      properties: { config: { properties: Record<string, { description?: string }> } };
    };
    const [meaning = ""] =
      properties.config.properties["tenants:quota"]?.description?.split(" Default:") ?? [];
    assert.notEqual(meaning, "");
    const hover = await stack.hover("config:\n  tenants:quota: 20\n", "tenants:quota");
    assert.ok(hover.includes(meaning), hover);
  });

  for (const [what, text] of Object.entries({
    "an unknown key": "config:\n  tenants:stge: testing\n",
    "an unknown stage": "config:\n  tenants:stage: staging\n",
    "an unknown field of a customer":
      "config:\n  tenants:customers:\n    - {name: acme, customerId: C1, cells: [eu-1], cell: eu-1}\n",
    "a customer without cells": "config:\n  tenants:customers:\n    - {name: acme, customerId: C1}\n",
    "a customerId that YAML makes a number":
      "config:\n  tenants:customers:\n    - {name: acme, customerId: 0012345, cells: [eu-1]}\n",
    "a method that does not exist":
      "config:\n  tenants:customers:\n    - {name: acme, customerId: C1, cells: [eu-1], applications: [{cell: eu-1, authMethod: PSK}]}\n",
  })) {
    it(`mark ${what}`, async () => {
      assert.notDeepEqual(await stack.problems(text), []);
    });
  }

  it("take an encrypted value, and a file of one customer or of several", async () => {
    assert.deepEqual(await stack.problems("config:\n  tenants:privateKey:\n    secure: v1:abc\n"), []);
    const customer = "name: acme\ncustomerId: C1\ncells: [eu-1]\n";
    assert.deepEqual(await customers.problems(customer), []);
    assert.deepEqual(await customers.problems("- {name: acme, customerId: C1, cells: [eu-1]}\n"), []);
    assert.notDeepEqual(await customers.problems(`${customer}colour: red\n`), []);
  });
});
