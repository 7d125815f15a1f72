import { strict as assert } from "node:assert";
import { once } from "node:events";
import { type AddressInfo, createServer, type Server } from "node:net";

import { askEngineVersion, versionOfEngineAt } from "../../../provider/src/dynamic/engine/engine-version";

describe("the version of the engine", () => {
  let silent: Server;

  before(async () => {
    silent = createServer((socket) => socket.on("error", () => undefined).resume());
    silent.listen(0, "127.0.0.1");
    await once(silent, "listening");
  });
  after(() => {
    silent.close();
  });

  it("is unknown if the engine does not answer, and the question ends", async () => {
    const { port } = silent.address() as AddressInfo;
    await assert.rejects(versionOfEngineAt(`127.0.0.1:${port}`));
  });

  it("is unknown in a process that no engine runs", async () => {
    await assert.rejects(askEngineVersion());
  });
});
