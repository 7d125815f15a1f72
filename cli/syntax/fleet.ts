import { Command, InvalidArgumentError } from "commander";

import type { MakeCommand } from "../command";
import type { FleetCommandOptions } from "../commands/fleet";
import type { LayoutOptions } from "../commands/fleet-layout";
import type { FleetReconcileOptions } from "../commands/fleet-reconcile";
import type { SplitOptions } from "../commands/fleet-split";

const help = `
A stage with more customers than one stack can hold is a fleet of 2^bits stacks, <stage>-<bits>, by the first bits of the
SHA-256 of each customer's name: \`fleet: { bits: 3 }\` in Pulumi.yaml. The stage's settings and customers are in
Pulumi.<stage>.yaml, as for one stack. A stack whose last \`up\` applied exactly what is declared is skipped. After an
interruption, run the command again: it continues where it stopped. docs/scale.md`;

/** Declares `tenants fleet`: runs all stacks of a stage. */
export const fleetCommand: MakeCommand = ({ exit, environment }) => {
  const fleet = new Command("fleet").description("Run all stacks of a stage.").addHelpText("after", help);
  for (const [name, description] of [
    ["up", "Bring every stack up that has something to do."],
    ["preview", "Show what `fleet up` would do."],
    ["refresh", "Refresh every stack's state."],
    ["destroy", "Delete everything in every stack."],
  ] as const) {
    fleet.addCommand(
      running(name, description).action(async (options: FleetCommandOptions) => {
        const { runCommand } = await import("../commands/fleet.js");
        exit(await runCommand(name, options, environment));
      }),
    );
  }
  fleet.addCommand(
    ofStage("split", "Double the number of stacks, and move each customer to its new stack.")
      .option(
        "--bits <number>",
        "the number of bits; default: one more, or the present number after an interruption",
        toCount,
      )
      .option("--yes", "do not ask")
      .action(async (options: SplitOptions) => {
        const { split } = await import("../commands/fleet-split.js");
        exit(await split(options, environment));
      }),
  );
  fleet.addCommand(
    ofStage("reconcile", "Compare the journal, the state and the API for every stack.")
      .option("--fix", "repair what can be repaired without a decision, as `reconcile --fix` does")
      .option("--reason <text>", "why, for the record; default: TENANTS_REASON, else tenants:reason")
      .option("--yes", "do not ask")
      .action(async (options: FleetReconcileOptions) => {
        const { reconcile } = await import("../commands/fleet-reconcile.js");
        exit(await reconcile(options, environment));
      }),
  );
  fleet.addCommand(
    ofStage("layout", "Print each customer's stack.")
      .option("--since <commit>", "only stacks whose customers or settings differ from those of a git commit")
      .action(async (options: LayoutOptions) => {
        const { layout } = await import("../commands/fleet-layout.js");
        exit(await layout(options, environment));
      }),
  );
  return fleet;
};

function ofStage(name: string, description: string): Command {
  return new Command(name)
    .exitOverride()
    .description(description)
    .requiredOption("-s, --stage <name>", "the stage: prod for Pulumi.prod.yaml")
    .option("-C, --cwd <folder>", "the project's folder, or one below it; default: this one")
    .option("--config-file <path>", "the stage's file; default: Pulumi.<stage>.yaml")
    .option("--json", "print JSON, for a machine");
}

function running(name: string, description: string): Command {
  return ofStage(name, description)
    .option("--jobs <number>", "how many stacks at once; default: as many as cores and memory allow", toCount)
    .option("--only <stacks>", "only these stacks, separated by commas")
    .option(
      "--wait <seconds>",
      "how many seconds to wait for a stack that another process has locked; default: 600",
      toCount,
    )
    .option("--break-lock", "remove locks of other hosts: only if their processes have certainly ended")
    .option("--reason <text>", "why, for the record; default: TENANTS_REASON, else tenants:reason")
    .option("--yes", "do not ask");
}

function toCount(text: string): number {
  if (!/^\d{1,6}$/.test(text)) throw new InvalidArgumentError("It must be a whole number.");
  return Number(text);
}
