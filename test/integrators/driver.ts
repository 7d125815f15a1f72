import { strict as assert } from "node:assert";
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

import { runProcess } from "../../sandbox/process";

/** Where a client puts its secret in a token request. */
export type SecretPlace = "body" | "header";

/** What is asked of a snippet. */
export interface Request {
  secretId: string;
  /** How many callers ask at the same time. */
  callers?: number;
  /** Says first that the Documents API refused the token of before. */
  drop?: boolean;
  place?: SecretPlace;
}

/** One integrator's program, built around one snippet. */
export interface Driver {
  /**
   * Gets a token for each caller.
   *
   * @throws Error with what the snippet said
   */
  tokens(request: Request): Promise<string[]>;
  close(): Promise<void>;
}

/**
 * Starts a program that keeps a client per secret. It reads lines `get|drop <secret id> body|header <callers>`, and
 * answers each with `ok <token> …` or `error <message>`.
 */
export function startDriver(command: string, args: readonly string[], env: NodeJS.ProcessEnv): Driver {
  const child = spawn(command, args, { env, stdio: ["pipe", "pipe", "pipe"] });
  const ended = new Promise<void>((resolve) =>
    child.once("close", () => {
      resolve();
    }),
  );
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  child.stdin.on("error", () => undefined);
  child.once("error", (error) => (stderr += error.message));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    async tokens({ secretId, callers = 1, drop = false, place = "body" }) {
      child.stdin.write(`${drop ? "drop" : "get"} ${secretId} ${place} ${callers}\n`);
      const answer = await lines.next();
      assert.ok(answer.done !== true, `${command} ended: ${stderr}`);
      return tokensIn(answer.value);
    },
    async close() {
      child.stdin.end();
      await ended;
    },
  };
}

/** Runs the shell's snippet, which is a program by itself: a process per caller. */
export function shellDriver(script: string, env: NodeJS.ProcessEnv): Driver {
  const run = async ({ secretId, drop = false, place = "body" }: Request): Promise<string> => {
    const options = [...(drop ? ["--renew"] : []), ...(place === "header" ? ["--basic"] : [])];
    const result = await runProcess("bash", [script, ...options, secretId], { env });
    if (result.exitCode !== 0) throw new Error(result.stderr);
    return result.stdout.trim();
  };
  return {
    tokens: (request) => Promise.all(Array.from({ length: request.callers ?? 1 }, () => run(request))),
    close: () => Promise.resolve(),
  };
}

function tokensIn(line: string): string[] {
  const [outcome, ...rest] = line.split(" ");
  if (outcome !== "ok") throw new Error(rest.join(" "));
  return rest;
}
