import assert from "node:assert/strict";
import { devNull } from "node:os";

import { localEnvironment } from "../../sandbox/environment";

describe("the environment of the sandbox, npm start and the tests", () => {
  it("has nothing of a person's own accounts and stacks, and the rest as it is", () => {
    const own = {
      AWS_PROFILE: "gone",
      AWS_CA_BUNDLE: "/gone.pem",
      AWS_ENDPOINT_URL_SECRETS_MANAGER: "http://127.0.0.1:9",
      AWS_ENDPOINT_URL: "",
      PULUMI_ACCESS_TOKEN: "pul-1",
      PULUMI_OPTION_STACK: "acme/tenants/prod",
      TENANTS_PRIVATE_KEY: "key",
    };
    assert.deepEqual(localEnvironment({ ...own, PATH: "/bin", PULUMI_HOME: "/plugins", CI: "true" }), {
      PATH: "/bin",
      PULUMI_HOME: "/plugins",
      CI: "true",
      AWS_CONFIG_FILE: devNull,
      AWS_SHARED_CREDENTIALS_FILE: devNull,
      AWS_EC2_METADATA_DISABLED: "true",
    });
  });

  it("keeps the credentials of a Secrets Manager that AWS_ENDPOINT_URL names, and no other service's", () => {
    const localstack = { AWS_ENDPOINT_URL: "http://127.0.0.1:4566", AWS_PROFILE: "localstack" };
    const env = { ...localstack, AWS_ENDPOINT_URL_KMS: "https://kms.example" };
    assert.deepEqual(localEnvironment(env), localstack);
  });

  it("keeps proxies for what is downloaded, and loopback out of them", () => {
    const exceptions = "bank.example,localhost,127.0.0.1,::1";
    const { NO_PROXY, no_proxy, https_proxy } = localEnvironment({
      https_proxy: "http://proxy.example:8080",
      NO_PROXY: "bank.example, localhost",
    });
    assert.deepEqual(
      [NO_PROXY, no_proxy, https_proxy],
      [exceptions, exceptions, "http://proxy.example:8080"],
    );
    assert.equal(localEnvironment({ HTTPS_PROXY: "" })["NO_PROXY"], undefined);
  });
});
