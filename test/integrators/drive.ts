import { createInterface } from "node:readline";

type Snippet = typeof import("../../examples/integrators/typescript/documents-token");

/** Drives the TypeScript snippet, the module in the first argument: `driver.ts` says what it reads and answers. */
async function main(): Promise<void> {
  const { DocumentsToken, readSecret } = (await import(process.argv[2] ?? "")) as Snippet;
  const clients = new Map<string, { client: InstanceType<Snippet["DocumentsToken"]>; last: string }>();
  for await (const line of createInterface({ input: process.stdin })) {
    const [command, id = "", where, count] = line.split(" ");
    const known = clients.get(id) ?? {
      client: new DocumentsToken(() => readSecret(id), where === "header" ? "header" : "body"),
      last: "",
    };
    clients.set(id, known);
    if (command === "drop") known.client.drop(known.last);
    try {
      const tokens = await Promise.all(Array.from({ length: Number(count) }, () => known.client.get()));
      known.last = tokens[0] ?? "";
      console.log(["ok", ...tokens].join(" "));
    } catch (error) {
      console.log(`error ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}

void main();
