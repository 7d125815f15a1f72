// Finds a stack's last approved commit: the newest successful deployment to the environment `up-<stack>`. It runs before
// anything is installed, in a job without AWS credentials, so it uses only Node's own modules.
//
// Usage: node .github/scripts/approved-commit.mjs <up | rotate | drift> <stack>
// It reads GITHUB_REPOSITORY and GITHUB_SHA, asks GitHub by `gh`, and writes to GITHUB_OUTPUT:
//   sha         the commit to run: for `up` the pushed one, otherwise the last approved one
//   unapproved  `true` if that commit differs from the last approved one in what is run
import { spawnSync } from "node:child_process";
import { appendFileSync } from "node:fs";

/** Changes only in these change nothing that runs with a credential. */
const notRun = ["docs", "test", "bench", "examples"].map((folder) => `:(exclude)${folder}`);

class Refusal extends Error {}

function main([kind, stack]) {
  const { GITHUB_REPOSITORY: repository = "", GITHUB_SHA: pushed = "", GITHUB_OUTPUT } = process.env;
  if (!["up", "rotate", "drift"].includes(kind)) throw new Refusal("Say `up`, `rotate` or `drift`.");
  if (!/^[\w.-]{1,100}$/.test(stack ?? "")) throw new Refusal("The stack's name is not one of Pulumi's.");
  if (!/^[\w.-]+\/[\w.-]+$/.test(repository)) throw new Refusal("GITHUB_REPOSITORY is not owner/name.");
  const approved = lastApproved(repository, `up-${stack}`);
  const sha = kind === "up" ? commitOf("GITHUB_SHA", pushed) : approvedOnMain(approved, stack);
  const unapproved = approved === undefined || !isAncestor(approved) || differ(approved, sha);
  appendFileSync(GITHUB_OUTPUT, `sha=${sha}\nunapproved=${unapproved}\n`);
  console.log(
    `Commit ${sha}; approved last for ${stack}: ${approved ?? "none"}${unapproved ? ", which differs" : ""}.`,
  );
}

/**
 * Anyone with the right to push can also create a deployment by GitHub's API, without approval. So a deployment that
 * GitHub attributes to a job of Actions takes precedence over newer ones without that; those of other apps do not count.
 *
 * @returns {string | undefined} the commit of the newest successful deployment; undefined if there is none
 */
function lastApproved(repository, environment) {
  const query = `environment=${encodeURIComponent(environment)}`;
  let unproven;
  for (const deployment of list(`repos/${repository}/deployments?${query}`)) {
    if (deployment.environment !== environment || (deployment.task ?? "deploy") !== "deploy") continue;
    if (isOfAnotherApp(deployment)) continue;
    const isOfActions = appOf(deployment) === actions;
    if (!isOfActions && unproven !== undefined) continue;
    const id = idOf(deployment);
    const statuses = [...list(`repos/${repository}/deployments/${id}/statuses?`)].sort(newestFirst);
    // GitHub adds `inactive` to a deployment when a later one succeeds.
    const last = statuses.find((status) => status.state !== "inactive" && !isOfAnotherApp(status));
    if (last?.state !== "success") continue;
    const commit = commitOf(`The deployment ${id} to ${environment}`, deployment.sha);
    if (isOfActions) return commit;
    unproven = commit;
  }
  return unproven;
}

const actions = "github-actions";

/** The app by which GitHub says something was made; undefined where it does not say. */
function appOf({ performed_via_github_app: app }) {
  return app?.slug;
}

function isOfAnotherApp(made) {
  const isOtherBot = made.creator?.type === "Bot" && made.creator.login !== `${actions}[bot]`;
  return (appOf(made) ?? (isOtherBot ? "another" : actions)) !== actions;
}

/** Lists GitHub's entries, newest first, and requests another page only if it is needed. */
function* list(path) {
  const perPage = 100;
  for (let page = 1; ; page++) {
    const items = get(`${path}${path.endsWith("?") ? "" : "&"}per_page=${perPage}&page=${page}`);
    yield* items.sort(newestFirst);
    if (items.length < perPage) return;
  }
}

function get(url) {
  const { status, stdout, stderr, error } = spawnSync("gh", ["api", "--method", "GET", url], {
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
  });
  if (status !== 0) {
    throw new Refusal(`GitHub's deployments could not be read (gh): ${printable(error?.message ?? stderr)}`);
  }
  const items = parseJson(stdout);
  if (!Array.isArray(items) || !items.every((item) => typeof item === "object" && item !== null)) {
    throw new Refusal("GitHub's answer about deployments is not the list that was asked for.");
  }
  return items;
}

function parseJson(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function newestFirst(one, other) {
  const [mine, theirs] = [one.created_at ?? "", other.created_at ?? ""].map(String);
  return mine === theirs ? idOf(other) - idOf(one) : mine < theirs ? 1 : -1;
}

function idOf({ id }) {
  if (!Number.isSafeInteger(id))
    throw new Refusal("GitHub's answer about deployments has an id that is none.");
  return id;
}

function commitOf(what, sha) {
  if (typeof sha === "string" && /^[0-9a-f]{40}$/.test(sha)) return sha;
  throw new Refusal(`${what} names no commit. Nothing was run.`);
}

function approvedOnMain(approved, stack) {
  if (approved === undefined) {
    throw new Refusal(
      `No commit was ever approved for stack ${stack}: there is no successful deployment to up-${stack}. Nothing was run.\n` +
        `Start the workflow \`up\` (gh workflow run up.yml), and let a reviewer approve up-${stack}, also where the plan changes nothing.`,
    );
  }
  if (isAncestor(approved)) return approved;
  throw new Refusal(
    `The commit ${approved}, which was approved last for stack ${stack}, is not on the main branch. Nothing was run.\n` +
      `Start the workflow \`up\` (gh workflow run up.yml), and let a reviewer approve up-${stack}.`,
  );
}

/** The job checks out main with its complete history. */
function isAncestor(commit) {
  return git("merge-base", "--is-ancestor", commit, "HEAD") === 0;
}

function differ(approved, sha) {
  return git("diff", "--quiet", approved, sha, "--", ".", ...notRun, ":(exclude,glob)**/*.md") !== 0;
}

function git(...args) {
  return spawnSync("git", args, { stdio: ["ignore", "ignore", "inherit"] }).status;
}

/** A runner interprets a line that begins with `::` as a command. */
function printable(text) {
  return [...text.slice(0, 500)]
    .map((each) => (each < " " ? " " : each))
    .join("")
    .replaceAll("::", ": :")
    .replaceAll("##[", "## [");
}

try {
  main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof Refusal)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
