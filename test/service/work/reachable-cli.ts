import { constants } from "node:fs";
import { copyFile, mkdir, readdir } from "node:fs/promises";
import path from "node:path";

import { makeOnce, shortDigest } from "../../../sandbox/cache";
import type { PulumiCli } from "../../../sandbox/pulumi/cli";
import { canBeEntered, findBase, type ServerUser } from "../../../sandbox/service/postgres-user";

/**
 * Returns a CLI that a user can run: itself, or a copy if the user cannot enter its folder, as in root's
 * home.
 *
 * @throws SandboxError `PREREQUISITE_MISSING` if there is no place for a copy
 */
export async function reachableCli(pulumi: PulumiCli, user: ServerUser): Promise<PulumiCli> {
  if (await canBeEntered(pulumi.bin, user)) return pulumi;
  const bin = path.join(
    await findBase(user, "engine"),
    `pulumi-${pulumi.version}-${shortDigest(pulumi.bin)}`,
  );
  await makeOnce(bin, async (temporary) => {
    await mkdir(temporary, { recursive: true, mode: 0o755 });
    for (const name of await readdir(pulumi.bin))
      await copyFile(path.join(pulumi.bin, name), path.join(temporary, name), constants.COPYFILE_FICLONE);
  });
  return { ...pulumi, bin };
}
