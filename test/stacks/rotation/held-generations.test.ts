import { strict as assert } from "node:assert";

import { heldGenerations } from "../../../stacks/src/rotation/held-generations";

const outputs = {
  applicationId: "a-1",
  clientId: "c-1",
  createdAt: "2026-01-01T00:00:00.000Z",
  scopes: ["documents.submissions.read"],
  authMethod: "EC",
  publicKey: "PEM",
  keyId: "kid",
};
const application = "pulumi-nodejs:dynamic/resistant:TenantApplication";
const signingKey = "pulumi-nodejs:dynamic/resistant:SigningKey";
const version = "aws:secretsmanager/secretVersion:SecretVersion";

describe("the generations that a stack held", () => {
  it("are found by their names, oldest first, in any order in the state", () => {
    const found = heldGenerations(
      ["acme/eu-1/2", "acme/eu-1/2/10", "acme/eu-1/2/9", "acme/eu-1/2/x", "acme", "other/eu-1/default/2"].map(
        (name) => ({ type: application, name, outputs }),
      ),
    );
    assert.deepEqual([...found.keys()], ["acme/eu-1/2", "other/eu-1/default"]);
    assert.deepEqual(
      found.get("acme/eu-1/2")?.map(({ generation }) => generation),
      [1, 9, 10],
    );
  });

  it("have a key of the customer's own if the stack has none", () => {
    const own = heldGenerations([{ type: application, name: "acme/eu-1/default", outputs }]);
    assert.deepEqual(own.get("acme/eu-1/default")?.[0]?.application?.specification.customerKey, {
      publicKey: "PEM",
      keyId: "kid",
    });
    const ours = heldGenerations([
      { type: application, name: "acme/eu-1/default", outputs },
      { type: signingKey, name: "acme/eu-1/default", outputs: {} },
    ]);
    assert.equal(ours.get("acme/eu-1/default")?.[0]?.application?.specification.customerKey, undefined);
  });

  it("show which of their parts are missing", () => {
    const [first, second] = heldGenerations([
      { type: version, name: "acme/eu-1/default", outputs: {} },
      { type: signingKey, name: "acme/eu-1/default/2", outputs: {} },
      { type: "resistant:index:Generation", name: "acme/eu-1/default/2", outputs: {} },
    ]).get("acme/eu-1/default")!;
    assert.deepEqual(first, { generation: 1, hasSigningKey: false, isStored: true });
    assert.deepEqual(second, { generation: 2, hasSigningKey: true, isStored: false });
  });
});
