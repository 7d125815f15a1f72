import assert from "node:assert/strict";

import { TenantManagementApi } from "../../../provider/src/client/api";
import { documentsApiUrl, type Stage } from "../../../provider/src/client/cells";
import {
  problemOfAllowedHost,
  refusalOfUrl,
  shownUrl,
  type UrlUse,
  wayToAllow,
} from "../../../provider/src/client/hosts";
import { failureOf } from "../../support/failure";
import { mentions } from "../../support/mentions";
import { recordedRetries } from "../../support/retry-policy";
import { scriptedTransport, tokensAt } from "../../support/scripted-api";

const isAllowed = (
  url: string,
  use: UrlUse,
  stage: Stage = "production",
  allowedHosts: string[] = [],
): boolean => refusalOfUrl(url, use, { stage, allowedHosts }) === undefined;

const production = "https://api.tenants.resistant.ai/v0";
const testing = "https://api.tenants.testing.resistant.ai/v0";
const token = "https://eu.id.resistant.ai/oauth2/aus17c172cLOCWEyk417/v1/token";

describe("client: the vendor's hosts", () => {
  const allowed: Array<[url: string, use: UrlUse, stage: Stage]> = [
    [production, "api", "production"],
    [`${production}/`, "api", "production"],
    [testing, "api", "testing"],
    [token, "token", "production"],
    [token, "token", "testing"],
    ["https://us-1.id.resistant.ai/x", "token", "production"],
    ["https://acme-partner.documents.resistant.ai", "webUi", "production"],
    ["https://acme-partner.ap-3.documents.resistant.ai/start?a=b#c", "webUi", "production"],
    ["https://acme-partner.documents.testing.resistant.ai", "webUi", "testing"],
    ["http://127.0.0.1:4000/v0", "api", "testing"],
    ["http://localhost:4000/v0", "api", "testing"],
    ["https://[::1]:4000/token", "token", "testing"],
  ];
  for (const [url, use, stage] of allowed) {
    it(`allow ${url} for ${use} in ${stage}`, () => {
      assert.ok(isAllowed(url, use, stage));
    });
  }

  const hostile: Array<[what: string, url: string, use?: UrlUse]> = [
    ["the vendor's name before another's", "https://api.tenants.resistant.ai.evil.example/v0"],
    ["an address", "https://10.0.0.1/v0"],
    ["an address in one number", "https://2130706433/v0"],
    ["an address of IPv6", "https://[2001:db8::1]/v0"],
    ["IPv4 in IPv6", "https://[::ffff:127.0.0.1]/v0"],
    ["loopback", "http://127.0.0.1:4000/v0"],
    ["loopback by TLS", "https://localhost/v0"],
    ["another loopback", "http://127.0.0.2/v0"],
    ["a user", "https://api.tenants.resistant.ai@evil.example/v0"],
    ["a user at the right host", "https://user:password@api.tenants.resistant.ai/v0"],
    ["an empty user", "https://@api.tenants.resistant.ai/v0"],
    ["a dot at the end", "https://api.tenants.resistant.ai./v0"],
    ["upper case", "https://API.tenants.resistant.ai/v0"],
    ["another scheme's upper case", "HTTPS://api.tenants.resistant.ai/v0"],
    ["a letter of another script", "https://api.tenants.resist\u0430nt.ai/v0"],
    ["punycode of it", "https://api.tenants.xn--resistnt-5fg.ai/v0"],
    ["full-width letters", "https://\uff41pi.tenants.resistant.ai/v0"],
    ["an ideographic full stop", "https://api\u3002tenants.resistant.ai/v0"],
    ["a port", "https://api.tenants.resistant.ai:8443/v0"],
    ["its own port, written out", "https://api.tenants.resistant.ai:443/v0"],
    ["no TLS", "http://api.tenants.resistant.ai/v0"],
    ["another scheme", "ftp://api.tenants.resistant.ai/v0"],
    ["no slashes", "https:api.tenants.resistant.ai/v0"],
    ["backslashes", "https:\\\\api.tenants.resistant.ai/v0"],
    ["a backslash before another host", "https://evil.example\\@api.tenants.resistant.ai/v0"],
    ["a line break in it", "https://api.tenants.resist\nant.ai/v0"],
    ["a space around it", " https://api.tenants.resistant.ai/v0"],
    ["a query", "https://api.tenants.resistant.ai/v0?x=y"],
    ["an empty query", "https://api.tenants.resistant.ai/v0?"],
    ["a fragment", "https://api.tenants.resistant.ai/v0#x"],
    ["a way out of its path", "https://api.tenants.resistant.ai/v0/../x"],
    ["a host below it", "https://x.api.tenants.resistant.ai/v0"],
    ["another host of the vendor's", "https://api.documents.resistant.ai/v0"],
    ["an authorization server", token],
    ["the other stage", testing],
    ["nothing", ""],
    ["no URL", "nonsense"],
    ["the API for a token", production, "token"],
    ["a server beside the domain", "https://evilid.resistant.ai/token", "token"],
    ["the domain itself", "https://id.resistant.ai/token", "token"],
    ["the domain before another", "https://eu.id.resistant.ai.evil.example/token", "token"],
    ["a port of an authorization server", "https://eu.id.resistant.ai:8443/token", "token"],
    ["a query of a token URL", "https://eu.id.resistant.ai/token?to=evil", "token"],
    ["another Web UI", "https://documents.resistant.ai.evil.example", "webUi"],
    ["a Web UI beside the domain", "https://acme-documents.resistant.ai", "webUi"],
    ["the other stage's Web UI", "https://acme.documents.testing.resistant.ai", "webUi"],
    ["a Web UI without TLS", "http://acme.documents.resistant.ai", "webUi"],
    ["a Web UI with a user", "https://u:p@acme.documents.resistant.ai", "webUi"],
    ["a script for a Web UI", "javascript:alert(1)", "webUi"],
    ["a Web UI on loopback", "http://127.0.0.1:4000/", "webUi"],
    ["the vendor's host for AWS", production, "aws"],
    ["AWS's own host, which needs no key", "https://secretsmanager.eu-west-1.amazonaws.com", "aws"],
  ];
  for (const [what, url, use = "api"] of hostile) {
    it(`refuse ${what}: ${JSON.stringify(url)} for ${use}`, () => {
      assert.ok(!isAllowed(url, use));
    });
  }

  it("bind a stage to its own, even against the environment", () => {
    const hosts = [
      "api.tenants.resistant.ai",
      "api.documents.resistant.ai",
      "acme.us-1.documents.resistant.ai",
    ];
    for (const host of hosts) {
      for (const use of ["api", "token", "webUi", "aws"] as const) {
        const refusal = refusalOfUrl(`https://${host}/v0`, use, {
          stage: "testing",
          allowedHosts: [host, "*.resistant.ai"],
        });
        mentions(refusal?.problem, "production", "testing");
        assert.equal(refusal?.host, undefined);
      }
    }
    mentions(
      refusalOfUrl(documentsApiUrl("testing", "eu-1"), "api", { stage: "production", allowedHosts: [] })
        ?.problem ?? "",
      "testing",
      "production",
    );
  });

  it("are reported without the credentials that a URL may contain", () => {
    for (const url of [
      "https://user:s3cret@evil.example/v0?key=s3cret#s3cret",
      "https:user:s3cret@evil.example",
      "https:\\\\s3cret@evil.example",
      "https://evil.example?s3cret\ns3cret",
      "user:s3cret@evil.example",
    ]) {
      assert.doesNotMatch(shownUrl(url), /s3cret/);
      assert.doesNotMatch(
        refusalOfUrl(url, "api", { stage: "production", allowedHosts: [] })?.problem ?? "s3cret",
        /s3cret/,
      );
    }
  });
});

describe("client: the hosts that the environment allows", () => {
  const cases: Array<[entry: string, url: string, use: UrlUse, isRight: boolean]> = [
    ["proxy.example:8443", "https://proxy.example:8443/v0", "api", true],
    ["proxy.example:8443", "https://proxy.example/v0", "api", false],
    ["proxy.example:8443", "https://proxy.example:8444/v0", "api", false],
    ["proxy.example:443", "https://proxy.example/v0", "api", true],
    ["proxy.example", "https://proxy.example:8443/v0", "token", true],
    ["proxy.example", "https://proxy.example/v0", "aws", true],
    ["proxy.example", "https://x.proxy.example/v0", "api", false],
    ["proxy.example", "http://proxy.example/v0", "api", false],
    ["proxy.example", "https://proxy.example./v0", "api", false],
    ["127.0.0.1", "http://127.0.0.1:4000/v0", "api", true],
    ["127.0.0.1:4000", "http://127.0.0.1:4000/v0", "token", true],
    ["127.0.0.1:4000", "http://127.0.0.1:4001/v0", "token", false],
    ["localhost", "http://127.0.0.1:4000/v0", "api", false],
    ["[2001:db8::1]:8443", "https://[2001:db8::1]:8443/v0", "api", true],
    ["10.0.0.1", "http://10.0.0.1/v0", "api", false],
    ["*.ui.example.com", "https://acme.ui.example.com", "webUi", true],
    ["*.ui.example.com", "https://a.b.ui.example.com/", "webUi", true],
    ["*.ui.example.com", "https://ui.example.com", "webUi", false],
    ["*.ui.example.com", "https://acme-ui.example.com", "webUi", false],
    ["*.ui.example.com", "https://acme.ui.example.com/v0", "api", false],
    ["*.ui.example.com", "https://acme.ui.example.com/token", "token", false],
    ["*.ui.example.com", "https://acme.ui.example.com/", "aws", false],
  ];
  for (const [entry, url, use, isRight] of cases) {
    it(`${isRight ? "allow" : "do not allow"} ${url} for ${use} by ${entry}`, () => {
      assert.equal(isAllowed(url, use, "production", [entry]), isRight);
    });
  }

  const right = [
    "proxy.example.com",
    "proxy.example.com:8443",
    "a.b:443",
    "localhost",
    "127.0.0.1:1",
    "[::1]",
    "[::1]:9",
    "*.example.com",
    "xn--bcher-kva.example",
  ];
  for (const entry of right) {
    it(`may be ${entry}`, () => {
      assert.equal(problemOfAllowedHost(entry), undefined);
    });
  }
  const wrong = [
    "https://proxy.example.com",
    "proxy.example.com/v0",
    "*",
    "*.com",
    "*.",
    "*:443",
    "*.example.com:8443",
    "x.*.example.com",
    "*.*.com",
    "*.10.0.0.1",
    "user@proxy.example",
    "proxy.example.com.",
    "proxy.example.com.:8443",
    "PROXY.example.com",
    "proxy.example.com#x",
    "proxy.example.com\\\\x",
    "[::ffff:127.0.0.1]",
    "2130706433",
    "*.example.com.",
    "*.xn--p1ai",
    "proxy.example.com:",
    "proxy.example.com:0443",
    "proxy.example.com:99999",
    "b\u00fccher.example",
    "a b",
    "0x7f.1",
    "::1",
    "http:",
    "proxy.example.com?x",
  ];
  for (const entry of wrong) {
    it(`may not be ${JSON.stringify(entry)}`, () => {
      mentions(problemOfAllowedHost(entry), "proxy.example.com:8443");
    });
  }

  it("are named with the variable that would allow another", () => {
    const rules = { stage: "production", allowedHosts: ["proxy.example"] } as const;
    const refusals = [
      "https://evil.example:8443/v0",
      "https://evil.example:8443/x",
      "http://evil.example",
    ].flatMap((url) => refusalOfUrl(url, "api", rules) ?? []);
    mentions(wayToAllow(refusals, rules), "export TENANTS_ALLOWED_HOSTS='proxy.example,evil.example:8443'");
    assert.equal(wayToAllow(refusals.slice(2), rules), "");
  });
});

describe("client: an API at a host that is not allowed", () => {
  const make = (apiUrl: string, tokenUrl: string, allowedHosts: string[] = []): (() => unknown) => {
    const { transport } = scriptedTransport([]);
    const { policy: retryPolicy } = recordedRetries();
    const tokens = tokensAt(tokenUrl);
    return () =>
      new TenantManagementApi({ stage: "production", apiUrl, allowedHosts, tokens, transport, retryPolicy });
  };

  it("gets no client, nor does one whose tokens come from such a host", async () => {
    assert.doesNotThrow(make(production, token));
    const refused = await failureOf(
      Promise.resolve().then(make("https://evil.example/v0", "https://evil.example/token")),
    );
    assert.equal(refused.code, "INPUT_INVALID");
    mentions(
      refused.message,
      "tenants:apiUrl",
      "https://evil.example/v0",
      "tenants:tokenUrl",
      "https://evil.example/token",
      "export TENANTS_ALLOWED_HOSTS='evil.example'",
    );
    assert.throws(make(production, "https://evil.example/token"), { code: "INPUT_INVALID" });
    assert.doesNotThrow(make("https://evil.example/v0", "https://evil.example/token", ["evil.example"]));
  });
});
