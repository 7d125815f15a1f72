const { spawnSync } = require("node:child_process");
const { mkdirSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } = require("node:fs");
const { join } = require("node:path");

const root = join(__dirname, "..");
const packages = ["provider", "stacks", "policy", "cli"];
const sources = ["provider/src", "stacks/src", "policy/src", "cli"];

/** Is written when a compilation has succeeded. The compiler's own record also stands after one that failed. */
const stamp = join(root, "stacks", "dist", "built");

/** Compiles `provider`, `stacks`, `policy` and `cli` if a source of theirs is newer than what was compiled last. */
function ensureBuilt() {
  if (newestSource() <= modifiedAt(stamp)) return;
  console.error(
    "Compiling provider/, stacks/, policy/ and cli/, which changed since they were compiled last.",
  );
  build();
}

/** Compiles `provider`, `stacks`, `policy` and `cli`; throws where they do not compile, and then what was compiled before is not used. */
function build() {
  const startedAt = new Date();
  rmSync(stamp, { force: true });
  const compiler = join(root, "node_modules", "typescript", "bin", "tsc");
  const { status } = spawnSync(
    process.execPath,
    [compiler, "-b", ...packages.map((name) => join(root, name))],
    {
      // Standard output belongs to the engine.
      stdio: ["ignore", 2, 2],
    },
  );
  if (status !== 0) {
    throw new Error(
      "The program does not compile: nothing was changed. Mend what is named above (npm run build).",
    );
  }
  mkdirSync(join(root, "stacks", "dist"), { recursive: true });
  // What was changed while the compiler ran is compiled the next time.
  writeFileSync(stamp, startedAt.toISOString());
  utimesSync(stamp, startedAt, startedAt);
}

function newestSource() {
  const files = sources.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true })
      .filter((file) => !file.startsWith("dist"))
      .map((file) => join(root, folder, file)),
  );
  return Math.max(...files.map(modifiedAt));
}

function modifiedAt(file) {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

module.exports = { ensureBuilt };

if (require.main === module) build();
