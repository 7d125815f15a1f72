"use strict";
// A `gh` for tests. It records how it was called, and the body that it would have sent, in $GH_RECORD; it knows of no
// comment and no issue. Of deployments it knows those in the file $GH_DEPLOYMENTS, a JSON list, newest first, each with
// its `statuses`; where the file holds anything else, that is the answer.
const fs = require("node:fs");
const path = require("node:path");
const { URL } = require("node:url");

const args = process.argv.slice(2);
const { GH_RECORD, GH_DEPLOYMENTS } = process.env;
if (GH_RECORD) fs.appendFileSync(GH_RECORD, `${args.join(" ")}\n`);

const url = new URL(args.find((each) => each.startsWith("repos/")) ?? "none", "https://github.example/");
if (args[0] === "api" && url.pathname.includes("/deployments")) answer();
else if (GH_RECORD) keepBody();

function keepBody() {
  const drifts = fs.existsSync("drift")
    ? fs.readdirSync("drift").map((name) => path.join("drift", name))
    : [];
  for (const file of ["body.md", ...drifts]) {
    if (fs.existsSync(file)) fs.copyFileSync(file, `${GH_RECORD}.body`);
  }
}

function answer() {
  const text =
    GH_DEPLOYMENTS && fs.existsSync(GH_DEPLOYMENTS) ? fs.readFileSync(GH_DEPLOYMENTS, "utf8") : "[]";
  let deployments;
  try {
    deployments = JSON.parse(text);
  } catch {
    process.stdout.write(text);
    return;
  }
  if (!Array.isArray(deployments)) {
    process.stderr.write("gh: Not Found (HTTP 404)\n::error::a command\n");
    process.exitCode = 1;
    return;
  }
  const id = /\/deployments\/(\d+)\/statuses$/.exec(url.pathname)?.[1];
  const environment = url.searchParams.get("environment");
  const found =
    id === undefined
      ? deployments
          .filter((each) => environment === null || each.environment === environment)
          .map((each) => ({ ...each, statuses: undefined }))
      : (deployments.find((each) => String(each.id) === id)?.statuses ?? []);
  const perPage = Number(url.searchParams.get("per_page") ?? 30);
  const page = Number(url.searchParams.get("page") ?? 1);
  process.stdout.write(JSON.stringify(found.slice((page - 1) * perPage, page * perPage)));
}
