import { strict as assert } from "node:assert";
import { mkdtemp, rm, symlink } from "node:fs/promises";
import os from "node:os";
import path from "node:path";

import { runProcess } from "../../sandbox/process";
import { repositoryRoot } from "./engine";

const program = path.join(repositoryRoot, "cli/tenants.js");

describe("tenants completion", function () {
  let bin: string;

  /** Puts `tenants` on the PATH, as `npm link` does. */
  before(async () => {
    bin = await mkdtemp(path.join(os.tmpdir(), "tenants-bin-"));
    await symlink(program, path.join(bin, "tenants"));
  });
  after(async () => {
    await rm(bin, { recursive: true });
  });

  /** Runs bash commands after it has read the script, as a login shell does. */
  async function bash(
    ...commands: string[]
  ): Promise<{ exitCode: number | null; stdout: string; stderr: string }> {
    const env = { ...process.env, PATH: [bin, process.env["PATH"]].join(path.delimiter) };
    const script = ['eval "$(tenants completion bash)"', ...commands].join("\n");
    return runProcess("bash", ["--norc", "-c", script], { cwd: os.tmpdir(), env });
  }

  /** What bash offers when Tab is pressed at the end of a line. */
  async function offered(...words: string[]): Promise<string[]> {
    const { stdout, stderr } = await bash(
      `COMP_WORDS=(${words.map((word) => `'${word}'`).join(" ")}) COMP_CWORD=${words.length - 1}`,
      // Only a shell that reads from a terminal has this one.
      "compopt() { :; }",
      "$(complete -p tenants | sed 's/.*-F \\([^ ]*\\).*/\\1/')",
      'printf "%s\\n" "${COMPREPLY[@]}"',
    );
    assert.equal(stderr, "");
    return stdout.split("\n").filter((line) => line !== "");
  }

  it("offers the commands, by what is typed of them", async () => {
    assert.deepEqual(await offered("tenants", "t"), ["ticket"]);
    const all = await offered("tenants", "");
    for (const command of ["list", "show", "ticket", "reconcile", "completion"]) {
      assert.ok(all.includes(command), `${command} is not among ${all.join(", ")}`);
    }
  });

  it("offers a command's options, and the cells of a ticket", async () => {
    assert.ok((await offered("tenants", "list", "--c")).includes("--csv"));
    assert.deepEqual(await offered("tenants", "ticket", "acme", "ap"), ["ap-2", "ap-3"]);
  });

  it("prints a script for zsh and for fish, and knows no other shell", async () => {
    const env = process.env;
    for (const [shell, head] of [
      ["zsh", /^#compdef tenants/],
      ["fish", /complete -c tenants/],
    ] as const) {
      const { exitCode, stdout } = await runProcess(process.execPath, [program, "completion", shell], {
        env,
      });
      assert.equal(exitCode, 0);
      assert.match(stdout, head);
    }
    const { exitCode, stderr } = await runProcess(process.execPath, [program, "completion", "tcsh"], { env });
    assert.equal(exitCode, 2);
    assert.match(stderr, /bash/);
  });
});
