// Each entry point of the package that a program or the engine loads imports this first.

interface Manifest {
  name: string;
  engines: { node: string };
}

// eslint-disable-next-line @typescript-eslint/no-require-imports -- the package's own, beside dist/
const { name, engines } = require("../package.json") as Manifest;

/**
 * Returns whether a version of Node.js can run this package.
 *
 * @param range `engines.node` of its package.json: `>=22.12`
 */
export function nodeSuits(version: string, range: string = engines.node): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const [neededMajor = 0, neededMinor = 0] = range.replace(">=", "").split(".").map(Number);
  return major > neededMajor || (major === neededMajor && minor >= neededMinor);
}

if (!nodeSuits(process.versions.node)) {
  throw new Error(
    `${name} needs Node.js ${engines.node.replace(">=", "")} or later; this is ${process.versions.node} (${process.execPath}). ` +
      "Nothing was changed. Install a current Node.js and put it first on the PATH of `pulumi`.",
  );
}
