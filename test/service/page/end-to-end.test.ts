import { strict as assert } from "node:assert";

import { GetSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import type { Browser } from "playwright-core";

import { openBrowser } from "../../../sandbox/service/browser";
import { playStory } from "../../../sandbox/service/browser-story";
import { type LocalService, startLocalService } from "../../../sandbox/service/local-service";
import { Closers } from "../../../sandbox/start/closers";
import { proveToken } from "../../../sandbox/start/proof";
import { useQuickCli } from "../../support/quick-cli";
import { isWithoutBrowser, pictures } from "./suite";

(isWithoutBrowser ? describe.skip : describe)("the whole service, in a real browser", function () {
  this.timeout(600_000);

  const closers = new Closers(new AbortController().signal);
  const { PATH: usual } = process.env;
  const searchPath = useQuickCli();
  let browser: Browser;
  let service: LocalService;

  before(async () => {
    process.env["PATH"] = searchPath();
    browser = await openBrowser();
    service = await startLocalService({}, { log: () => undefined, closers });
  });

  after(async () => {
    await browser.close();
    await closers.closeAll();
    process.env["PATH"] = usual;
  });

  it("requests, refuses, requests again, answers, approves by another person, and provisions a client that gets a token", async () => {
    const { secretArns, history } = await playStory(
      {
        browser,
        url: service.url,
        passwordOf: (name) => service.accounts.find(({ username }) => username === name)?.password ?? "",
        say: () => undefined,
        pictures,
      },
      "acme",
    );
    assert.equal(secretArns.length, 2);
    const credentials = { accessKeyId: "test", secretAccessKey: "test" };
    const secrets = new SecretsManagerClient({
      endpoint: service.secretsManagerUrl,
      region: "eu-west-1",
      credentials,
    });
    try {
      for (const SecretId of secretArns) {
        const { SecretString } = await secrets.send(new GetSecretValueCommand({ SecretId }));
        const { method } = await proveToken(JSON.parse(SecretString ?? ""));
        assert.equal(method, "client_secret_basic");
      }
    } finally {
      secrets.destroy();
    }
    const places = ["The vendor has created tenant acme", "acme in eu-1", "acme in us-1", "recorded"];
    for (const place of places)
      assert.ok(
        history.some((line) => line.includes(place)),
        place,
      );
  });
});
