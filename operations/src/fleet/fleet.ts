import type { EnvironmentVariables } from "pulumi-resistant-tenants/internal/settings";
import { fleetBitsIn } from "pulumi-resistant-tenants/internal/vocabulary";

import type { Pulumi } from "../stack/pulumi";
import { type FleetOptions, openBackend, stageFileOf } from "./backend";
import { withAbsoluteFiles } from "./engine";
import { type Holding, holdingsOf } from "./guard";
import { type FleetStage, readStage } from "./stage";
import type { FleetState, States } from "./states";

/** A fleet: the stacks of a stage, and their states in the backend. */
export interface Fleet {
  stage: FleetStage;
  backendUrl: string;
  environment: EnvironmentVariables;
  /** Runs the engine in the project's folder; each command names its stack. */
  pulumi: Pulumi;
  states: States;
  /** Reads the states of all existing stacks of the stage, with any number of bits. */
  readAll: () => Promise<Map<string, FleetState>>;
  /** Reads the states of all existing stacks of the project. */
  readProject: () => Promise<Map<string, FleetState>>;
  /** Lists the customers that the stage's stacks contain. */
  holdings(states: ReadonlyMap<string, FleetState>): Holding[];
}

/**
 * Opens the fleet of a stage.
 *
 * @param bits the number of bits of the layout; default: `fleet.bits` of `Pulumi.yaml`
 * @throws with all problems of the stage's configuration
 */
export async function openFleet(
  options: FleetOptions,
  environment: EnvironmentVariables,
  bits?: number,
): Promise<Fleet> {
  const { project, url, pulumi, states, readAll } = await openBackend(options, environment);
  const file = stageFileOf(options, project, environment);
  const stage = await readStage(project, options.stage, {
    file,
    environment,
    ...(bits === undefined ? {} : { bits }),
  });
  return {
    stage,
    backendUrl: url,
    environment: withAbsoluteFiles(environment, project.folder),
    pulumi,
    states,
    readAll: async () =>
      readAll((await states.list()).filter((stack) => fleetBitsIn(stage.name, stack) !== undefined)),
    readProject: async () => readAll(await states.list()),
    holdings: (read) => holdingsOf(stage, read),
  };
}
