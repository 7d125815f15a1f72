import { strict as assert } from "node:assert";
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";

import { runCommand } from "resistant-tenants-service/work/commands";

describe("a command of the engine", () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "commands-"));
    await mkdir(path.join(folder, "bin"));
    await promisify(execFile)("mkfifo", [path.join(folder, "end")]);
    // Its end is told to it.
    const script = `#!/bin/sh\nread -r code <'${path.join(folder, "end")}'\nexit "$code"\n`;
    await writeFile(path.join(folder, "bin/pulumi"), script, { mode: 0o755 });
  });

  afterEach(() => rm(folder, { recursive: true }));

  for (const code of [0, 7])
    it(`ends with ${code}, whatever becomes of those who watch it: the process goes on`, async () => {
      const { exitCode } = await runCommand(["up"], {
        env: { PATH: [path.join(folder, "bin"), process.env["PATH"]].join(path.delimiter) },
        cwd: folder,
        output: folder,
        whileRunning: () => {
          // A rejection that no one handles ends the process, or fails the test, before this.
          setImmediate(() => void writeFile(path.join(folder, "end"), `${code}\n`));
          return Promise.reject(new Error("The database does not answer."));
        },
      });
      assert.equal(exitCode, code);
    });
});
