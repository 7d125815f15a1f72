import type { EnvironmentVariables } from "pulumi-resistant-tenants/internal/own-process";
import { planSplit, split as carryOut } from "resistant-tenants-operations/fleet/split";

import { type ExitCode, exitCodes } from "../command";
import { confirm } from "../confirm";
import { json, line } from "../print/output";
import type { StageOptions } from "./fleet";

/** The options of `tenants fleet split`. */
export interface SplitOptions extends StageOptions {
  bits?: number;
  yes?: true;
}

/** Runs `tenants fleet split`. */
export async function split(options: SplitOptions, environment: EnvironmentVariables): Promise<ExitCode> {
  const plan = await planSplit(options, environment, options.bits);
  const { stage } = plan.fleet;
  const [before, after] = [2 ** plan.from, 2 ** plan.to];
  const question =
    plan.to > plan.from
      ? `This splits the ${before} stacks of ${stage.name} into ${after}: ${plan.moves.length} customers move.`
      : `This moves ${plan.moves.length} customers to their stacks.`;
  const isNothing = plan.moves.length === 0 && plan.to === plan.from;
  if (!isNothing && options.yes !== true && !(await confirm(`${question} Continue?`))) return exitCodes.found;
  await carryOut(plan, (text) => process.stderr.write(`${text}\n`));
  if (options.json === true) {
    json({
      stage: stage.name,
      from: plan.from,
      to: plan.to,
      moved: plan.moves.map(({ customer }) => customer),
    });
  } else {
    line(
      isNothing
        ? `Every customer of ${stage.name} is in its stack.`
        : `${plan.moves.length} customers moved; ${stage.name} has ${after} stacks. Commit Pulumi.yaml, then run \`fleet up\`.`,
    );
  }
  return exitCodes.ok;
}
