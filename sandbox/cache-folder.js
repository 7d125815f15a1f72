"use strict";
const os = require("node:os");
const path = require("node:path");

/**
 * Returns the folder that stores slow builds (the Pulumi CLI, moto, compiled TypeScript) between runs, outside the work tree:
 * `RESISTANT_TENANTS_CACHE`, else `resistant-tenants` in `XDG_CACHE_HOME` or `~/.cache`.
 */
exports.cacheFolder = (env = process.env) => {
  if (env["RESISTANT_TENANTS_CACHE"]) return path.resolve(env["RESISTANT_TENANTS_CACHE"]);
  const base = env["XDG_CACHE_HOME"]
    ? path.resolve(env["XDG_CACHE_HOME"])
    : path.join(os.homedir(), ".cache");
  return path.join(base, "resistant-tenants");
};
