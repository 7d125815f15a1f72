import path from "node:path";

import manifest from "../../package.json";

const [, ...options] = manifest.scripts.tenants.split(" ").slice(0, -1);
const program = path.resolve(__dirname, "../../cli/tenants.js");

/** What Node.js is given to run `tenants` as `npm run tenants` does: options and the program. */
export const tenantsCommand: readonly string[] = [...options, program];
