const { spawnSync } = require("node:child_process");
const { readdirSync, statSync, utimesSync } = require("node:fs");
const { join } = require("node:path");

const root = join(__dirname, "..");
const packages = ["provider", "stacks"];

/** Compiles `provider` and `stacks` if a source of theirs is newer than what was compiled last. */
function ensureBuilt() {
  const records = packages.map((name) => join(root, name, "dist", "tsconfig.tsbuildinfo"));
  const builtAt = Math.min(...records.map(modifiedAt));
  if (newestSource() <= builtAt) return;
  console.error("Compiling provider/ and stacks/, which changed since they were compiled last.");
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
  // The compiler leaves its record alone where only the files' dates are new (git checkout).
  const now = new Date();
  for (const record of records) utimesSync(record, now, now);
}

function newestSource() {
  const files = packages.flatMap((name) => {
    const folder = join(root, name, "src");
    return readdirSync(folder, { recursive: true }).map((file) => join(folder, file));
  });
  return Math.max(...files.map(modifiedAt));
}

function modifiedAt(file) {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

module.exports = { ensureBuilt };
