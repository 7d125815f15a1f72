import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import { runProcess } from "../../sandbox/process";
import type { Peer } from "./peer";
import { lastWords } from "./pulumi-peer";

/** The API's floor: the time of the requests alone. */
export const undici: Peer = {
  name: "undici",
  title: "undici script",
  description: "the requests alone, by a script with 16 callers, one token and no state: the API's floor",
  floor: undefined,
  works: ["create", "refresh", "added", "destroy"],
  async prepare({ sandbox }) {
    const folder = await mkdtemp(path.join(tmpdir(), "bench-undici-"));
    const { apiUrl, tokenUrl, clientId, keyId, privateKeyPem } = sandbox;
    const settings = { apiUrl, tokenUrl, clientId, keyId, file: path.join(folder, "made.json") };
    const script = path.join(__dirname, "undici/script.js");
    return {
      async run(work, customers) {
        const { exitCode, stderr } = await runProcess(process.execPath, [script], {
          env: {
            ...process.env,
            BENCH_SETTINGS: JSON.stringify({ ...settings, work, customers }),
            BENCH_PRIVATE_KEY: privateKeyPem,
          },
        });
        if (exitCode !== 0) throw new Error(lastWords("the script", stderr));
      },
      state: () => Promise.resolve(undefined),
      close: () => rm(folder, { recursive: true, force: true }),
    };
  },
};
