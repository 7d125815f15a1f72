import { strict as assert } from "node:assert";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";

import { openS3Journal, verifyJournal } from "../../../provider/src/journal";
import { exhaustiveTag } from "../../suites";
import { awsHere, useAwsEnvironment } from "../../support/aws-environment";
import { useServer } from "../../support/http-server";
import { Bucket } from "./bucket";
import { intent, result } from "./events";

const location = "s3://journals/tenants";
/** Enough for two packs, of 100 objects each. */
const objectsBefore = 230;

/** When a run is killed that packs: at which of its packs, and whether S3 has stored that one. */
const deaths = [
  { when: "in the middle of the first pack's PUT", pack: 1, isStored: false, tag: ` ${exhaustiveTag}` },
  {
    when: "once the first pack is stored, before its answer",
    pack: 1,
    isStored: true,
    tag: ` ${exhaustiveTag}`,
  },
  { when: "between two packs", pack: 2, isStored: false, tag: "" },
  {
    when: "once the second pack is stored, before its answer",
    pack: 2,
    isStored: true,
    tag: ` ${exhaustiveTag}`,
  },
];

describe("a run that is killed while it packs a journal in S3", () => {
  const server = useServer();
  useAwsEnvironment(() => server.url().origin);
  let bucket: Bucket;
  let grown: Map<string, string> | undefined;

  beforeEach(async () => {
    bucket = new Bucket();
    server.answerWith((request, response) => void bucket.answer(request, response));
    grown ??= await write();
    for (const [key, text] of grown) bucket.objects.set(key, text);
  });

  const packs = (): string[] => [...bucket.objects.keys()].filter((key) => key.includes("!packed/"));

  async function write(): Promise<Map<string, string>> {
    const journal = openS3Journal(location, awsHere());
    for (let number = 0; number < objectsBefore / 2; number += 1) {
      const announced = intent("create", { slot: `customer${number}/eu-1/default` });
      await journal.append(announced);
      await journal.append(result(announced, "made", `a-${number}`));
    }
    return new Map(bucket.objects);
  }

  /** Starts another run, in a process of its own. */
  function run(): ChildProcess {
    const script = path.join(__dirname, "run-in-s3.ts");
    return spawn(process.execPath, ["--require", "ts-node/register", script, location], { stdio: "inherit" });
  }

  async function end(child: ChildProcess): Promise<unknown[]> {
    return child.exitCode === null && child.signalCode === null
      ? once(child, "exit")
      : [child.exitCode, child.signalCode];
  }

  async function read() {
    bucket.gets.length = 0;
    const entries = await openS3Journal(location, awsHere()).entries();
    const events = entries.flatMap((entry) => (entry.kind === "event" ? [entry.event] : []));
    return { events, defects: verifyJournal(entries, location).defects, gets: [...bucket.gets] };
  }

  for (const { when, pack, isStored, tag } of deaths) {
    it(`loses nothing and doubles nothing: ${when}${tag}`, async () => {
      const before = await read();
      const killed = run();
      let puts = 0;
      server.answerWith((request, response) => {
        const isPack = request.method === "PUT" && (request.url ?? "").includes("packed/");
        if (!isPack || (puts += 1) !== pack) {
          void bucket.answer(request, response);
          return;
        }
        if (isStored) void bucket.answer(request, silent(response)).then(() => killed.kill("SIGKILL"));
        else request.once("data", () => killed.kill("SIGKILL"));
      });
      assert.deepEqual(await end(killed), [null, "SIGKILL"]);
      assert.equal(packs().length, isStored ? pack : pack - 1);
      assert.deepEqual(await read().then(({ events, defects }) => [events, defects]), [before.events, []]);

      server.answerWith((request, response) => void bucket.answer(request, response));
      assert.deepEqual(await end(run()), [0, null]);
      assert.equal(packs().length, 2, "what is in no pack yet is packed then, and nothing twice");
      const after = await read();
      assert.deepEqual(after.events.slice(0, objectsBefore), before.events);
      assert.deepEqual(after.defects, []);
      assert.deepEqual(
        [after.events.length, new Set(after.events.map(({ id }) => id)).size],
        [objectsBefore + 2, objectsBefore + 2],
      );
      assert.equal(after.gets.length, 2 + objectsBefore + 2 - 200, "two packs, and what is in none");
    });
  }
});

/** An answer that never leaves. */
function silent<Response extends NodeJS.WritableStream>(response: Response): Response {
  response.end = () => response;
  return response;
}
