import { strict as assert } from "node:assert";
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";

import { SettingsError } from "resistant-tenants-service/settings/read";
import { findEngineUser } from "resistant-tenants-service/work/engine-user";
import { findProgram } from "resistant-tenants-service/work/program";

import { descendants, startShared } from "../../engine/engine";
import { mentions } from "../../support/mentions";
import { useDatabaseServer } from "../records/service";
import { reachableCli } from "./reachable-cli";
import { ServiceUnderTest } from "./service";

const run = promisify(execFile);

/** A user that every system has, and that owns nothing. */
const nobody = async (): Promise<{ name: string; uid: number; gid: number }> => {
  const [uid, gid] = await Promise.all(
    ["-u", "-g"].map(async (id) => Number((await run("id", [id, "nobody"])).stdout)),
  );
  return { name: "nobody", uid: uid ?? 0, gid: gid ?? 0 };
};

/** The user and the command of a process, while it is there. */
async function processOf(pid: number): Promise<{ uids: string; command: string } | undefined> {
  try {
    const [status, command] = await Promise.all(
      ["status", "cmdline"].map((file) => readFile(`/proc/${pid}/${file}`, "utf8")),
    );
    const uids = /^Uid:\s*(.*)$/m.exec(status ?? "")?.[1] ?? "";
    return { uids, command: (command ?? "").replaceAll("\0", " ") };
  } catch {
    return undefined;
  }
}

describe("engines under another user", function () {
  this.timeout(900_000);

  const server = useDatabaseServer();
  const isRoot = process.getuid?.() === 0;

  it("are refused if it cannot be: the worker is no root, the journal is on disk, the user is unknown, root or shut out", async () => {
    const program = await findProgram();
    const refused = async (name: string, journal: string, names: string[]): Promise<void> => {
      const work = { engineUser: name, journal, directory: "/proc/1/nowhere", backendUrl: "s3://state" };
      await assert.rejects(findEngineUser({ work }, { PATH: "/nowhere" }, program), (error: Error) => {
        mentions(error.message, ...names);
        return error.name === "SettingsError";
      });
    };
    const journal = "s3://journal/tenants";
    if (!isRoot) {
      await refused("nobody", journal, ["work.engineUser", "root"]);
      return;
    }
    await refused("nobody", "/var/journal.jsonl", ["work.journal", "S3"]);
    await refused("no-such-user", journal, ["no-such-user", "useradd --system"]);
    await refused("root", journal, ["work.engineUser", "root"]);
    await refused("nobody", journal, ["nobody", "/proc/1/nowhere", "pulumi", "PATH"]);
  });

  it("do a whole request, and neither they nor what they start can read what is the worker's", async function () {
    const user = await nobody();
    // Nobody can have the engine, or does not reach what it needs, as in a clone below root's home.
    if (!isRoot || (await isOutOfReach(user))) this.skip();
    const service = await ServiceUnderTest.start(server(), {
      asInProduction: true,
      engineUser: user,
      encryption: "passphrase",
    });
    try {
      const worker = await service.startWorker();
      const id = await service.submit({
        kind: "createCustomer",
        stage: "testing",
        reason: "a test",
        customer: { name: "acme", customerId: "CRM-1", cells: ["eu-1"] },
      });
      const own = await processOf(worker.pid);
      const seen = new Map<string, Set<string>>();
      let attempts: string[] = [];
      await service.until(async () => {
        for (const pid of (await descendants(worker.pid)).slice(1)) {
          const found = await processOf(pid);
          // One that was forked and does not run its program yet still looks like the worker, user and all.
          if (found === undefined || found.uids === "" || found.command === own?.command) continue;
          const program = path.basename(found.command.split(" ")[0] ?? "");
          seen.set(program, (seen.get(program) ?? new Set()).add(found.uids));
        }
        const { state, problem } = await service.request(id);
        if (state === "applying" && attempts.length === 0)
          attempts = await attemptsOf(user, worker.pid, service);
        assert.notEqual(state, "failed", JSON.stringify(problem));
        return state === "done";
      }, "the request is done");

      const uids = Array.from({ length: 4 }, () => user.uid).join("\t");
      for (const program of ["pulumi", "pulumi-language-nodejs", "node"])
        assert.ok(
          [...seen.keys()].some((name) => name.startsWith(program)),
          program,
        );
      for (const [program, found] of seen) assert.ok(![...found].some((each) => each !== uids), program);
      assert.deepEqual(attempts, ["", "", ""]);

      const { result } = await service.request(id);
      const { applications } = result as unknown as { applications: { secretArn: string }[] };
      await service.tokenOf(applications[0]?.secretArn ?? "");
    } finally {
      await service.close();
    }
  });
});

/** Whether a user does not reach what engines need here. */
async function isOutOfReach(user: { name: string; uid: number; gid: number }): Promise<boolean> {
  const { bin } = await reachableCli((await startShared()).pulumi, user);
  const { PATH: searchPath = "" } = process.env;
  const work = {
    engineUser: user.name,
    journal: "s3://journal",
    directory: "/tmp",
    backendUrl: "s3://state",
  };
  return findEngineUser({ work }, { PATH: `${bin}:${searchPath}` }, await findProgram()).then(
    () => false,
    (error: unknown) => {
      assert.ok(error instanceof SettingsError);
      mentions(error.message, "work.engineUser", user.name, "chmod o+x");
      return true;
    },
  );
}

/** What the engine's user reads of the worker's: nothing. */
async function attemptsOf(
  user: { uid: number; gid: number },
  worker: number,
  { sandbox }: ServiceUnderTest,
): Promise<string[]> {
  const { directory } = sandbox;
  const files = [
    `/proc/${worker}/environ`,
    path.join(directory, "work", "testing-acme", "output", "1.out"),
    path.join(directory, "work", "testing-acme", "preview.json"),
  ];
  return Promise.all(
    files.map(async (file) => {
      const { uid, gid } = user;
      const read = run("cat", [file], { uid, gid, cwd: "/" });
      return read.then(
        ({ stdout }) => stdout,
        (error: unknown) => (error as { stdout: string }).stdout,
      );
    }),
  );
}
