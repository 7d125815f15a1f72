import { strict as assert } from "node:assert";
import path from "node:path";

import { engineEnvironment, withAbsoluteFiles } from "../../../operations/src/fleet/engine";

const backendUrl = "s3://a-bucket";

describe("the environment of a fleet's engines", () => {
  it("names the backend and no stack that is selected elsewhere", () => {
    const { PULUMI_BACKEND_URL, PULUMI_STACK, PATH } = engineEnvironment(
      { PATH: "/bin", PULUMI_STACK: "prod", PULUMI_BACKEND_URL: "file://elsewhere" },
      backendUrl,
    );
    assert.deepEqual(
      { PULUMI_BACKEND_URL, PULUMI_STACK, PATH },
      {
        PULUMI_BACKEND_URL: backendUrl,
        PULUMI_STACK: undefined,
        PATH: "/bin",
      },
    );
  });

  it("names the passphrase's file from the project's folder, although each engine has a folder of its own", () => {
    for (const [given, expected] of [
      ["secret/passphrase", "/srv/project/secret/passphrase"],
      ["/run/passphrase", "/run/passphrase"],
      ["", ""],
    ] as const) {
      const environment = { PATH: "/bin", PULUMI_CONFIG_PASSPHRASE_FILE: given };
      assert.deepEqual(withAbsoluteFiles(environment, "/srv/project"), {
        PATH: "/bin",
        PULUMI_CONFIG_PASSPHRASE_FILE: expected,
      });
    }
    assert.deepEqual(withAbsoluteFiles({ PATH: "/bin" }, "/srv/project"), { PATH: "/bin" });
  });

  it("has room for creates that wait for the API's limit, unless PULUMI_PARALLEL says how much", () => {
    assert.equal(engineEnvironment({}, backendUrl)["PULUMI_PARALLEL"], "64");
    assert.equal(engineEnvironment({ PULUMI_PARALLEL: "4" }, backendUrl)["PULUMI_PARALLEL"], "4");
  });

  it("has a small heap and the preload in Node.js, unless NODE_OPTIONS overrides them", () => {
    const optionsFor = (environment: Record<string, string>): string | undefined =>
      engineEnvironment(environment, backendUrl)["NODE_OPTIONS"];
    const preload = path.join(__dirname, "../../../provider/preload.js");
    const own = `--max-semi-space-size=8 --require=${JSON.stringify(preload)}`;
    assert.equal(optionsFor({}), own);
    // Of an option that is there twice, Node.js takes the last.
    assert.equal(optionsFor({ NODE_OPTIONS: "--max-semi-space-size=64" }), `${own} --max-semi-space-size=64`);
  });
});
