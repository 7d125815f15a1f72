"use strict";
// Compiles what the engine and the command line run, which call it at each start, and with the argument `service` the
// provisioning service, too. Node's own modules only.
const { spawnSync } = require("node:child_process");
const { createHash } = require("node:crypto");
const { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } = require("node:fs");
const { join, relative, sep } = require("node:path");

const root = __dirname;

/** The packages that are compiled together, in the order in which they are, and the folder of each one's sources. */
const parts = {
  program: { provider: "src", stacks: "src", operations: "src", policy: "src", cli: "" },
  service: { service: "src" },
};

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
 * Hold the digest of the sources and of what was compiled from them. Contents count and times do not: an edited file
 * can have any time at all after `tar`, `unzip`, `rsync -a`, `cp -p` or Docker's COPY.
 */
const stamps = { program: join(root, "dist", "built"), service: join(root, "dist", "built-service") };

/** Holds the id of the process that compiles. */
const lock = join(root, "dist", "building");

/** A compilation takes about 10 s. Whoever waits for longer than this takes the lock for left behind. */
const longestBuildMs = 180_000;

/**
 * Compiles the packages of a part where a source, or what was compiled from it, has changed since the last compilation.
 * Waits where another process compiles already.
 *
 * @param {"program" | "service"} part the service is compiled from the program, which is compiled first
 * @throws where they do not compile; the stamp is then missing, and nothing old is run
 */
function ensureBuilt(part = "program") {
  if (part !== "program") ensureBuilt();
  if (isBuilt(part)) return;
  mkdirSync(join(root, "dist"), { recursive: true });
  acquireLock();
  try {
    if (isBuilt(part)) return;
    const folders = Object.keys(parts[part]).map((name) => `${name}/`);
    console.error(`Compiling ${folders.join(", ")}, which changed since the last compilation.`);
    build(part);
  } finally {
    rmSync(lock, { force: true });
  }
}

function isBuilt(part) {
  return readIfThere(stamps[part])?.toString() === stampOf(part, digestOfSources(part));
}

function build(part) {
  rmSync(stamps[part], { force: true });
  removeStaleOutputs(part);
  // What is edited while the compiler runs differs from this, and is compiled the next time.
  const sources = digestOfSources(part);
  const compiler = join(root, "node_modules", "typescript", "bin", "tsc");
  const { status } = spawnSync(process.execPath, [compiler, ...optionsFor(part)], {
    // Standard output belongs to the engine.
    stdio: ["ignore", 2, 2],
  });
  if (status !== 0) {
    throw new Error(
      "The program does not compile: nothing was changed. Correct what is named above (npm run build).",
    );
  }
  writeFileSync(stamps[part], stampOf(part, sources));
}

/** Without --force, or with what it noted of its last run, the compiler goes by times or writes only what it changed. */
function optionsFor(part) {
  const folders = Object.keys(parts[part]).map((name) => join(root, name));
  if (part === "program") return ["-b", "--force", ...folders];
  for (const folder of folders) rmSync(join(folder, "dist", "tsconfig.tsbuildinfo"), { force: true });
  return ["-p", ...folders];
}

function stampOf(part, sources) {
  return `${sources}\n${digestOfOutputs(part)}\n`;
}

function digestOfSources(part) {
  const own = Object.entries(parts[part]).flatMap(([name, folder]) => [
    join(name, "package.json"),
    join(name, "tsconfig.json"),
    ...filesIn(join(name, folder)).filter((file) => /\.tsx?$/.test(file) && !isOutput(name, file)),
  ]);
  const before = part === "program" ? [] : [relative(root, stamps.program)];
  return digest([...settings, ...before, ...own], () => true);
}

/** Type declarations count by their names alone: only compilers read them. */
function digestOfOutputs(part) {
  return digest(outputsOf(part), (file) => file.endsWith(".js"));
}

function outputsOf(part) {
  return Object.keys(parts[part]).flatMap((name) =>
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
function removeStaleOutputs(part) {
  for (const file of outputsOf(part)) {
    const [name, , ...rest] = file.split(sep);
    const source = join(root, name, parts[part][name], ...rest).replace(/\.(?:js|d\.ts)$/, "");
    if (![".ts", ".tsx"].some((ending) => existsSync(source + ending))) rmSync(join(root, file));
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
    ensureBuilt(process.argv[2]);
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}
