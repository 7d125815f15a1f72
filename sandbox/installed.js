"use strict";
// Compares the installed packages with package-lock.json. Node's own modules only, also those of an older Node.js.
const { readFileSync } = require("node:fs");
const path = require("node:path");

/**
 * Returns whether the packages of package-lock.json are installed, each in its version. Contents count and times do not: a
 * file can have any time at all after `tar`, `unzip`, `rsync -a`, `cp -p` or Docker's COPY. Optional packages may be missing:
 * npm omits those for other systems.
 *
 * @param {string} root the folder of package-lock.json
 */
function isInstalled(root) {
  const [wanted, installed] = ["package-lock.json", "node_modules/.package-lock.json"].map((file) =>
    packagesIn(path.join(root, file)),
  );
  if (wanted === undefined || installed === undefined) return false;
  return Object.entries(wanted).every(([place, { version, integrity, optional }]) => {
    const found = installed[place];
    if (place === "" || (found === undefined && optional === true)) return true;
    return found !== undefined && found.version === version && found.integrity === integrity;
  });
}

/**
 * @returns {Record<string, {version?: string, integrity?: string, optional?: boolean}> | undefined} none if the file is
 * missing; undefined if it is damaged: npm then repairs the installation, or says what is wrong with the lock file
 */
function packagesIn(file) {
  try {
    return JSON.parse(readFileSync(file, "utf8")).packages ?? {};
  } catch (error) {
    if (error.code === "ENOENT") return {};
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

module.exports = { isInstalled };
