import { strict as assert } from "node:assert";

import { TenantManagementError } from "../../../provider/src/client/errors";
import { readProxies } from "../../../provider/src/client/proxies";

const api = "https://api.tenants.example.test/v0";

/** Gives the proxy by which a URL is reached. */
function by(environment: Record<string, string>, url: string): string | undefined {
  return readProxies(environment).of(url)?.shown;
}

describe("client: proxies", () => {
  it("are none if the environment sets none, or an empty one", () => {
    assert.equal(by({}, api), undefined);
    assert.equal(by({ HTTPS_PROXY: "", https_proxy: " " }, api), undefined);
    assert.ok(readProxies({ NO_PROXY: "example.test" }).areNone);
  });

  it("are chosen by the scheme; the lower-case variable takes precedence, and that of http also serves https", () => {
    const environment = { HTTPS_PROXY: "http://tls:3128", HTTP_PROXY: "http://plain:3128" };
    assert.equal(by(environment, api), "http://tls:3128 (HTTPS_PROXY)");
    assert.equal(by(environment, "http://s3.example.test"), "http://plain:3128 (HTTP_PROXY)");
    assert.equal(by({ ...environment, https_proxy: "http://lower:1" }, api), "http://lower:1 (https_proxy)");
    assert.equal(by({ http_proxy: "http://plain:3128" }, api), "http://plain:3128 (http_proxy)");
    assert.equal(by({ HTTPS_PROXY: "tls.example:3128" }, api), "http://tls.example:3128 (HTTPS_PROXY)");
  });

  it("are those of the upper-case variables if the lower-case ones are empty, as for curl and Node.js", () => {
    const environment = { HTTPS_PROXY: "http://tls:3128", https_proxy: "", http_proxy: " ", no_proxy: "" };
    assert.equal(by(environment, api), "http://tls:3128 (HTTPS_PROXY)");
    assert.equal(by({ ...environment, NO_PROXY: "example.test" }, api), undefined);
  });

  it("never show a user or a password", () => {
    const proxy = readProxies({ HTTPS_PROXY: "http://me:pa%40ss@proxy.example:8080" }).of(api);
    assert.equal(proxy?.shown, "http://proxy.example:8080 (HTTPS_PROXY)");
    assert.equal(proxy.url.password, "pa%40ss");
  });

  for (const value of [
    "socks5://me:hush@proxy.example",
    "http://me:hush@",
    "http://me:hu%sh@proxy",
    "http://a b",
  ]) {
    it(`are refused if one is not the URL of an HTTP proxy: ${value.replace(/hu.?sh/, "…")}`, () => {
      assert.throws(
        () => readProxies({ HTTPS_PROXY: value }),
        (error) =>
          error instanceof TenantManagementError &&
          error.code === "INPUT_INVALID" &&
          error.message.startsWith("HTTPS_PROXY ") &&
          !/hu.?sh/.test(error.message),
      );
    });
  }

  it("are not taken from ALL_PROXY, as in Go's and Node's own clients", () => {
    assert.ok(readProxies({ ALL_PROXY: "http://proxy.example:8080", all_proxy: "socks5://x" }).areNone);
  });

  it("may be reached by https, with a user, and by an IPv6 address", () => {
    assert.equal(
      by({ https_proxy: "https://me:hush@[fd00::1]:8443/" }, api),
      "https://[fd00::1]:8443 (https_proxy)",
    );
  });

  const HTTPS_PROXY = "http://proxy.example:8080";
  const HTTP_PROXY = HTTPS_PROXY;

  for (const url of [
    "http://localhost:4566",
    "http://api.localhost:4566",
    "https://127.0.0.1",
    "https://127.8.9.10:8443",
    "http://[::1]:80",
    "http://169.254.169.254/latest/meta-data",
    "http://169.254.170.2/v2/credentials",
    "http://169.254.170.23/v1/credentials",
    "http://[fd00:ec2::254]/latest",
  ]) {
    it(`are never used for ${url}`, () => {
      assert.equal(by({ HTTP_PROXY, HTTPS_PROXY, NO_PROXY: "" }, url), undefined);
    });
  }

  const exceptions: Record<string, { straight: string[]; proxied: string[] }> = {
    "example.test": { straight: [api, "https://EXAMPLE.test"], proxied: ["https://anexample.test"] },
    ".example.test": { straight: [api], proxied: ["https://example.org"] },
    "*.example.test other.test": { straight: [api, "https://other.test"], proxied: ["https://x.org"] },
    "api.tenants.example.test:443": { straight: [api], proxied: ["https://api.tenants.example.test:8443"] },
    "example.test:8443": { straight: ["https://example.test:8443"], proxied: [api] },
    " .tenants.example.test:443 ,, *.other.test:8443 ": {
      straight: [api, "https://a.other.test:8443"],
      proxied: ["https://a.other.test", "https://x.tenants.example.test:8443"],
    },
    "10.0.0.0/33,10.1.0.0/16,example.test.": {
      straight: ["https://10.1.255.255", api],
      proxied: ["https://10.2.0.1"],
    },
    "10.0.0.0/8,192.168.1.7": {
      straight: ["https://10.200.3.4", "https://192.168.1.7:8443"],
      proxied: ["https://11.0.0.1", "https://192.168.1.8", "https://10.example.test"],
    },
    "fd00::/8,[2001:db8::1]:443,2001:db8::2": {
      straight: ["https://[fd00::7]", "https://[2001:db8::1]", "https://[2001:db8::2]:8443"],
      proxied: ["https://[2001:db8::1]:8443"],
    },
    "fe80::1%eth0,2001:DB8:0:0::0003,[2001:0db8::4]:443": {
      straight: ["https://[2001:db8::3]", "https://[2001:db8::4]"],
      proxied: ["https://[2001:db8::5]"],
    },
    "*": { straight: [api, "https://10.0.0.1"], proxied: [] },
  };
  for (const [NO_PROXY, { straight, proxied }] of Object.entries(exceptions)) {
    it(`are not used for hosts in NO_PROXY: ${NO_PROXY}`, () => {
      const environment = { HTTPS_PROXY, NO_PROXY };
      assert.deepEqual(
        straight.filter((url) => by(environment, url) !== undefined),
        [],
      );
      assert.deepEqual(
        proxied.filter((url) => by(environment, url) === undefined),
        [],
      );
    });
  }

  it("follow no_proxy before NO_PROXY", () => {
    assert.equal(
      by({ HTTPS_PROXY, NO_PROXY: "*", no_proxy: "example.org" }, api),
      `${HTTPS_PROXY} (HTTPS_PROXY)`,
    );
  });
});
