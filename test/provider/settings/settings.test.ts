import { strict as assert } from "node:assert";

import { describeAllowedHosts } from "../../../provider/src/settings/allowed-hosts";
import { readSettings, type SettingsContext } from "../../../provider/src/settings/settings";
import { mentions } from "../../support/mentions";

const production = { stage: "production" };
const tokenUrl = "https://eu.id.resistant.ai/oauth2/aus1/v1/token";

function problemsOf(
  values: Record<string, string>,
  aws: Record<string, string> = {},
  allowedHosts: readonly string[] = [],
): Array<[path: string, problem: string]> {
  const context: SettingsContext = { allowedHosts, aws: (key) => aws[key] };
  const read = readSettings((key) => values[key], context);
  return "problems" in read ? read.problems.map(({ path, problem }) => [path, problem]) : [];
}
const pathsOf = (...given: Parameters<typeof problemsOf>): string[] =>
  problemsOf(...given).map(([path]) => path);

describe("the settings of a stack", () => {
  it("name each host that is not allowed at once, with its path, value and remedy", () => {
    const values = {
      ...production,
      apiUrl: "https://api.tenants.resistant.ai.evil.example/v0",
      tokenUrl: "https://10.0.0.1/t",
    };
    const [[apiPath, api] = ["", ""], [tokenPath, token] = ["", ""], ...others] = problemsOf(values);
    assert.deepEqual([apiPath, tokenPath, others], ["tenants:apiUrl", "tenants:tokenUrl", []]);
    mentions(
      api,
      "https://api.tenants.resistant.ai.evil.example/v0",
      "https://api.tenants.resistant.ai/v0",
      "export TENANTS_ALLOWED_HOSTS='api.tenants.resistant.ai.evil.example'",
    );
    mentions(token, "https://10.0.0.1/t", "export TENANTS_ALLOWED_HOSTS='10.0.0.1'");
  });

  it("are accepted with the vendor's hosts, and with those that the environment allows", () => {
    assert.deepEqual(pathsOf({ ...production, tokenUrl }), []);
    const values = {
      ...production,
      apiUrl: "https://proxy.example:8443/v0/",
      tokenUrl: "https://proxy.example:8443/t",
    };
    const read = readSettings((key) => ({ ...values })[key], { allowedHosts: ["proxy.example:8443"] });
    assert.ok("settings" in read);
    assert.deepEqual(
      [read.settings.apiUrl, read.settings.allowedHosts],
      ["https://proxy.example:8443/v0", ["proxy.example:8443"]],
    );
  });

  it("allow loopback only in the stage testing", () => {
    const urls = { apiUrl: "http://127.0.0.1:4000/v0", tokenUrl: "http://localhost:4000/token" };
    assert.deepEqual(pathsOf({ stage: "testing", ...urls }), []);
    assert.deepEqual(pathsOf({ ...production, ...urls }), ["tenants:apiUrl", "tenants:tokenUrl"]);
    assert.deepEqual(pathsOf({ ...production, ...urls }, {}, ["127.0.0.1", "localhost:4000"]), []);
  });

  it("need the API's version at the end of its URL", () => {
    for (const [apiUrl, isRefused] of [
      ["http://127.0.0.1:4000", true],
      ["http://127.0.0.1:4000/", true],
      ["http://127.0.0.1:4000/v1", true],
      ["http://127.0.0.1:4000/v0/tenants", true],
      ["http://127.0.0.1:4000//v0", true],
      ["https://api.tenants.testing.resistant.ai", true],
      ["http://127.0.0.1:4000/v0", false],
      ["http://127.0.0.1:4000/gateway/v0/", false],
    ] as const) {
      const problems = problemsOf({ stage: "testing", apiUrl });
      assert.deepEqual(
        problems.map(([path]) => path),
        isRefused ? ["tenants:apiUrl"] : [],
        apiUrl,
      );
      for (const [, problem] of problems)
        mentions(problem, apiUrl, "/v0", "https://api.tenants.testing.resistant.ai/v0");
    }
  });

  it("are bound to the hosts of their stage", () => {
    const hosts = ["api.tenants.resistant.ai", "api.tenants.testing.resistant.ai"];
    const [[, problem] = ["", ""]] = problemsOf(
      { stage: "testing", apiUrl: `https://${hosts[0]!}/v0` },
      {},
      hosts,
    );
    mentions(problem, "production", "testing");
    assert.deepEqual(pathsOf({ ...production, apiUrl: `https://${hosts[1]!}/v0` }, {}, hosts), [
      "tenants:apiUrl",
    ]);
  });

  it("refuse what the environment allows in a form that means no host, or too many", () => {
    const entries = ["https://proxy.example", "*", "*.com", "proxy.example"];
    assert.deepEqual(
      problemsOf({ ...production, tokenUrl }, {}, entries).map(([path]) => path),
      Array.from({ length: 3 }, () => "TENANTS_ALLOWED_HOSTS (environment)"),
    );
  });

  it("also check a URL's form if the stage is unknown", () => {
    assert.deepEqual(pathsOf({ stage: "staging", apiUrl: "http://example.com/v0" }), [
      "tenants:stage",
      "tenants:apiUrl",
    ]);
  });

  it("send AWS calls in production nowhere that the environment does not allow", () => {
    const endpoints = JSON.stringify([
      { secretsmanager: "https://evil.example", kms: "https://kms.example:8443" },
      { s3: "http://evil.example" },
    ]);
    const aws = {
      endpoints,
      region: "eu-west-1.evil.example/",
      insecure: "true",
      httpsProxy: "https://proxy.example",
      ec2MetadataServiceEndpoint: "http://10.0.0.1",
      sharedConfigFiles: '["aws.ini"]',
      customCaBundle: "ca.pem",
    };
    assert.deepEqual(pathsOf(production, aws, ["kms.example:8443"]), [
      "aws:endpoints[0].secretsmanager",
      "aws:endpoints[1].s3",
      "aws:ec2MetadataServiceEndpoint",
      "aws:httpsProxy",
      "aws:region",
      "aws:insecure",
      "aws:customCaBundle",
      "aws:sharedConfigFiles",
    ]);
    assert.deepEqual(pathsOf(production, { endpoints: "[]", insecure: "false", region: "eu-west-1" }), []);
    assert.deepEqual(pathsOf(production, { endpoints: "{}" }), ["aws:endpoints"]);
    assert.deepEqual(pathsOf({ stage: "testing" }, aws), []);
  });
});

describe("the line on allowed hosts", () => {
  it("names them and the variables with AWS's endpoints, and is absent if there are none", () => {
    assert.equal(describeAllowedHosts([], { PATH: "/bin", AWS_ENDPOINT_URL: "" }), undefined);
    mentions(describeAllowedHosts(["a.test", "b.test:1"], {}), "TENANTS_ALLOWED_HOSTS", "a.test", "b.test:1");
    const endpoints = { AWS_ENDPOINT_URL_S3: "https://key@x.test", AWS_ENDPOINT_URL: "y" };
    const line = describeAllowedHosts([], endpoints);
    mentions(line, "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3");
    // A URL may contain a credential.
    assert.doesNotMatch(line ?? "", /key@|TENANTS_ALLOWED_HOSTS/);
  });
});
