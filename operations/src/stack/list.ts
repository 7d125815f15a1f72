import { z } from "zod";

import { type Pulumi, PulumiError } from "./pulumi";

const stacksSchema = z.array(z.object({ name: z.string(), updateInProgress: z.boolean().default(false) }));

/**
 * How the engine fails to list a backend of files in which another engine writes a state: the file that it is written to
 * was listed, and has another name when it is read.
 */
const changedMeanwhile = /list bucket: .*NotFound/;

/** How often the engine lists the stacks at most. */
const attempts = 5;

/**
 * Lists the stacks of a backend (`pulumi stack ls`), again if another engine wrote meanwhile.
 *
 * @param options of the command: `--all` for those of all projects
 * @throws {@link PulumiError}
 */
export async function listStacks(
  pulumi: Pick<Pulumi, "runWithoutStack">,
  ...options: readonly string[]
): Promise<z.output<typeof stacksSchema>> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const listed = await pulumi.runWithoutStack(["stack", "ls", ...options, "--json"]);
      return stacksSchema.parse(JSON.parse(listed));
    } catch (error) {
      if (attempt === attempts || !(error instanceof PulumiError && changedMeanwhile.test(error.written)))
        throw error;
    }
  }
}
