import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";

import { startSecretsManager } from "../../sandbox/aws/moto";
import { isRunning } from "../../sandbox/cache";

const log = (): void => undefined;

describe("the sandbox's Secrets Manager", function () {
  this.timeout(5 * 60_000);

  it("answers at its endpoint until it is closed", async () => {
    const secretsManager = await startSecretsManager({ log });
    assert.equal((await fetch(`${secretsManager.endpointUrl}/moto-api/`)).status, 200);
    await secretsManager.close();
    await assert.rejects(fetch(secretsManager.endpointUrl));
    assert(secretsManager.pid !== undefined && !isRunning(secretsManager.pid));
  });

  it("ends with the process that started it, even if that is killed", async () => {
    const program = `
      require("./sandbox/aws/moto").startSecretsManager({ log: () => undefined }).then(({ pid }) => console.log(pid));
    `;
    const parent = spawn(process.execPath, ["-r", "ts-node/register/transpile-only", "-e", program], {
      cwd: path.resolve(__dirname, "../.."),
      stdio: ["ignore", "pipe", "inherit"],
    });
    const [line] = (await once(parent.stdout, "data")) as [Buffer];
    const pid = Number(line.toString());
    assert(isRunning(pid));
    parent.kill("SIGKILL");
    const deadline = performance.now() + 10_000;
    while (isRunning(pid) && performance.now() < deadline) await delay(50);
    assert.equal(isRunning(pid), false);
  });

  it("takes the endpoint that AWS_ENDPOINT_URL names, and says when nothing answers there", async () => {
    const own = await startSecretsManager({ log });
    const before = process.env["AWS_ENDPOINT_URL"];
    process.env["AWS_ENDPOINT_URL"] = own.endpointUrl;
    try {
      const given = await startSecretsManager({ log });
      assert.deepEqual([given.endpointUrl, given.pid], [own.endpointUrl, undefined]);
      await given.close();
      await own.close();
      await assert.rejects(startSecretsManager({ log }), { code: "NOT_ANSWERING" });
    } finally {
      if (before === undefined) delete process.env["AWS_ENDPOINT_URL"];
      else process.env["AWS_ENDPOINT_URL"] = before;
      await own.close();
    }
  });
});
