import { strict as assert } from "node:assert";

import { readersOf } from "../../../operations/src/preview/readers";
import { readerPolicy } from "../../../stacks/src/secret/protection";

describe("the readers of a secret", () => {
  const roles = ["arn:aws:iam::222222222222:role/b", "arn:aws:iam::111111111111:role/a"];

  it("are the roles that its policy names", () => {
    assert.equal(readersOf(readerPolicy(roles)), roles.toReversed().join(", "));
    assert.equal(readersOf(readerPolicy([])), undefined);
    assert.equal(readersOf(undefined), undefined);
  });

  it("are the policy itself if it has another form", () => {
    const policy = readerPolicy(roles);
    for (const other of [
      policy.replace("GetSecretValue", "*"),
      policy.replace('"Deny"', '"Allow"'),
      policy.replace(/\]\}$/, ',{"Sid":"Third"}]}'),
      policy.replace(roles[0]!, "arn:aws:iam::999999999999:role/c"),
      "no JSON",
    ]) {
      assert.equal(readersOf(other), other);
    }
  });
});
