import { strict as assert } from "node:assert";
import path from "node:path";

import { runProcess } from "../../sandbox/process";

const root = path.resolve(__dirname, "../..");

/** Runs a command on a pseudo-terminal: Python, which the sandbox needs anyway, has them. */
const onTerminal = "import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))";

/** Runs a program as `npm start` runs the engine, and says what the program sees. */
const program = `
const { runProcess } = require("./sandbox/process");
const see = "for stream in 0 1; do if test -t $stream; then echo $stream: terminal; else echo $stream: none; fi; done";
void runProcess("sh", ["-c", see], { output: "terminal" });
`;
const command = [process.execPath, "-r", "ts-node/register", "--eval", program];

describe("the engine, as npm start runs it", () => {
  it("has the terminal, and so draws its progress live and in colour", async () => {
    const { exitCode, stdout, stderr } = await runProcess("python3", ["-c", onTerminal, ...command], {
      cwd: root,
    });
    assert.equal(exitCode, 0, stderr);
    assert.match(stdout, /0: terminal\r?\n1: terminal/);
  });

  it("prints plain lines if it is piped", async () => {
    const [node = "", ...args] = command;
    const { stdout } = await runProcess(node, args, { cwd: root });
    assert.equal(stdout, "0: none\n1: none\n");
  });
});
