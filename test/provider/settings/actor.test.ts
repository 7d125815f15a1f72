import { strict as assert } from "node:assert";

import { readActor } from "../../../provider/src/settings/actor";

const runs = [
  {
    actor: "github:octocat",
    runUrl: "https://github.com/your/tenants/actions/runs/7",
    env: {
      GITHUB_ACTIONS: "true",
      GITHUB_RUN_ID: "7",
      GITHUB_SERVER_URL: "https://github.com",
      GITHUB_REPOSITORY: "your/tenants",
      GITHUB_SHA: "abc",
      GITHUB_ACTOR: "octocat",
    },
  },
  {
    actor: "gitlab:alice",
    runUrl: "https://gitlab.example/-/jobs/7",
    env: {
      GITLAB_CI: "true",
      CI_JOB_ID: "7",
      CI_JOB_URL: "https://gitlab.example/-/jobs/7",
      CI_COMMIT_SHA: "abc",
      GITLAB_USER_LOGIN: "alice",
    },
  },
  {
    actor: "azure-pipelines:alice@example.com",
    runUrl: "https://dev.azure.com/your/The%20tenants/_build/results?buildId=7",
    env: {
      TF_BUILD: "True",
      BUILD_BUILDID: "7",
      SYSTEM_COLLECTIONURI: "https://dev.azure.com/your/",
      SYSTEM_TEAMPROJECT: "The tenants",
      BUILD_SOURCEVERSION: "abc",
      BUILD_REQUESTEDFOREMAIL: "alice@example.com",
    },
  },
];

describe("who acts, by the environment", () => {
  for (const { actor, runUrl, env } of runs) {
    it(`is ${actor} in a run of that system, with its page and its commit`, () => {
      assert.deepEqual(readActor(env), { actor, runUrl, ciCommit: "abc" });
    });
  }

  it("is this machine's user if only one variable of a CI system is set, which is recorded as a claim", () => {
    const { actor, ...rest } = readActor({ GITHUB_ACTOR: "octocat" });
    assert.equal(actor, readActor({}).actor);
    assert.match(actor, /@/);
    assert.deepEqual(rest, { claimedActor: "github:octocat" });
    assert.equal(
      readActor({ GITHUB_ACTOR: "octocat", GITHUB_ACTIONS: "true" }).claimedActor,
      "github:octocat",
    );
    assert.deepEqual(Object.keys(readActor({ GITHUB_ACTOR: "" })), ["actor"]);
  });
});
