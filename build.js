"use strict";
// Compiles what the engine and the command line run. It runs at each start of theirs: Node's own modules only.
const { spawnSync } = require("node:child_process");
const { createHash } = require("node:crypto");
const { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } = require("node:fs");
const { join, sep } = require("node:path");

const root = __dirname;

/** The packages, in the order in which they are compiled, and the folder of each one's sources. */
const packages = { provider: "src", stacks: "src", operations: "src", policy: "src", cli: "" };

/** What else decides what the compiler writes, and what runs beside it. */
const settings = [
  "tsconfig.base.json",
  "package-lock.json",
  "node_modules/typescript/package.json",
  "provider/preload.js",
  "stacks/main.js",
  "stacks/node-version.js",
];

/**
 * Holds the digest of the sources and of what was compiled from them. Contents count and times do not: an edited file
 * can have any time at all after `tar`, `unzip`, `rsync -a`, `cp -p` or Docker's COPY.
 */
const stamp = join(root, "dist", "built");

/** Holds the id of the process that compiles. */
const lock = join(root, "dist", "building");

/** A compilation takes about 10 s. Whoever waits for longer than this takes the lock for left behind. */
const longestBuildMs = 180_000;

/**
 * Compiles `provider`, `stacks`, `operations`, `policy` and `cli` where a source, or what was compiled from it, has changed since the
 * last compilation. Waits where another process compiles them already.
 *
 * @throws where they do not compile; the stamp is then missing, and nothing old is run
 */
function ensureBuilt() {
  if (isBuilt()) return;
  mkdirSync(join(root, "dist"), { recursive: true });
  acquireLock();
  try {
    if (isBuilt()) return;
    console.error(
      "Compiling provider/, stacks/, operations/, policy/ and cli/, which changed since they were compiled last.",
    );
    build();
  } finally {
    rmSync(lock, { force: true });
  }
}

function isBuilt() {
  return readIfThere(stamp)?.toString() === stampOf(digestOfSources());
}

function build() {
  rmSync(stamp, { force: true });
  removeStaleOutputs();
  // What is edited while the compiler runs differs from this, and is compiled the next time.
  const sources = digestOfSources();
  const compiler = join(root, "node_modules", "typescript", "bin", "tsc");
  const folders = Object.keys(packages).map((name) => join(root, name));
  // Without --force the compiler goes by times, too.
  const { status } = spawnSync(process.execPath, [compiler, "-b", "--force", ...folders], {
    // Standard output belongs to the engine.
    stdio: ["ignore", 2, 2],
  });
  if (status !== 0) {
    throw new Error(
      "The program does not compile: nothing was changed. Correct what is named above (npm run build).",
    );
  }
  writeFileSync(stamp, stampOf(sources));
}

function stampOf(sources) {
  return `${sources}\n${digestOfOutputs()}\n`;
}

function digestOfSources() {
  const own = Object.entries(packages).flatMap(([name, folder]) => [
    join(name, "package.json"),
    join(name, "tsconfig.json"),
    ...filesIn(join(name, folder)).filter((file) => file.endsWith(".ts") && !isOutput(name, file)),
  ]);
  return digest([...settings, ...own], () => true);
}

/** Type declarations count by their names alone: only compilers read them. */
function digestOfOutputs() {
  return digest(outputsOf(), (file) => file.endsWith(".js"));
}

function outputsOf() {
  return Object.keys(packages).flatMap((name) =>
    filesIn(join(name, "dist")).filter((file) => /\.(?:js|d\.ts)$/.test(file)),
  );
}

/** @returns {string} the digest of the names of files, and of the contents of those that are to be read */
function digest(files, isRead) {
  const hash = createHash("sha256");
  for (const file of files) {
    const content = isRead(file) ? readIfThere(join(root, file)) : undefined;
    hash.update(`${file.replaceAll(sep, "/")}\0${content?.length ?? "-"}\0`);
    if (content !== undefined) hash.update(content);
  }
  return hash.digest("hex");
}

/** A module whose source was deleted or renamed must not be found by its old name. */
function removeStaleOutputs() {
  for (const file of outputsOf()) {
    const [name, , ...rest] = file.split(sep);
    const source = join(name, packages[name], ...rest).replace(/\.(?:js|d\.ts)$/, ".ts");
    if (!existsSync(join(root, source))) rmSync(join(root, file));
  }
}

function isOutput(name, file) {
  return file.startsWith(join(name, "dist") + sep);
}

/** Lists the files below a folder, in the same order everywhere. */
function filesIn(folder) {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { recursive: true })
    .map((file) => join(folder, file))
    .sort();
}

function readIfThere(file) {
  try {
    return readFileSync(file);
  } catch (error) {
    if (error.code === "ENOENT") return undefined;
    throw error;
  }
}

/** Waits for a process that compiles already: an `up` starts the program and the policy pack at the same time. */
function acquireLock() {
  let waitedMs = 0;
  for (;;) {
    try {
      writeFileSync(lock, String(process.pid), { flag: "wx" });
      // Another process that took the lock before this for left behind may be about to delete it.
      sleep(50);
      if (holder() === process.pid) return;
    } catch (error) {
      if (error.code !== "EEXIST") throw error;
    }
    if (waitedMs > longestBuildMs || isLeftBehind()) {
      rmSync(lock, { force: true });
      waitedMs = 0;
    } else {
      sleep(100);
      waitedMs += 100;
    }
  }
}

/** @returns {number | undefined} the process that holds the lock; undefined while it is being written */
function holder() {
  const id = Number(readIfThere(lock));
  return Number.isInteger(id) && id > 0 ? id : undefined;
}

/** Tells whether the process that made the lock was killed. */
function isLeftBehind() {
  const id = holder();
  if (id === undefined) return false;
  try {
    process.kill(id, 0);
    return false;
  } catch (error) {
    return error.code === "ESRCH";
  }
}

function sleep(milliseconds) {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}

module.exports = { ensureBuilt };

if (require.main === module) {
  try {
    ensureBuilt();
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}
