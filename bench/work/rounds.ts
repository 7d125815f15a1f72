import type { TenantManagementSandbox } from "../../sandbox/api";
import type { Log } from "../../sandbox/progress";
import type { Measurement } from "../measure/measurement";
import { ProcessTree, type ProcessUsage } from "../measure/process-tree";
import { requestUse } from "../measure/requests";
import { stateUse } from "../measure/state";
import type { Peer, Site, Subject } from "../peers/peer";
import { type BenchCase, publishedLimit, type Work, works } from "./case";

/** How a case is measured. */
export interface RoundsOptions {
  readonly rounds: number;
  /** The works that are measured; the others before the last of them are still done. */
  readonly works: readonly Work[];
  /** The stand-ins' processes. */
  readonly ignoredProcesses: readonly number[];
  readonly log: Log;
}

/** Measures peers side by side: in each round all of them take their turn, in the opposite order in every other one. */
export async function measureCase(
  site: Site,
  benchCase: BenchCase,
  peers: readonly Peer[],
  options: RoundsOptions,
): Promise<Measurement[]> {
  const measurements: Measurement[] = [];
  for (let round = 0; round < options.rounds; round += 1) {
    for (const peer of round % 2 === 0 ? peers : peers.toReversed()) {
      measurements.push(...(await takeTurn(site, benchCase, peer, round, options)));
    }
  }
  return measurements;
}

async function takeTurn(
  site: Site,
  benchCase: BenchCase,
  peer: Peer,
  round: number,
  options: RoundsOptions,
): Promise<Measurement[]> {
  const measurements: Measurement[] = [];
  empty(site.sandbox);
  const subject = await peer.prepare(site, benchCase.customers);
  const last = works.findLastIndex((work) => options.works.includes(work));
  try {
    for (const work of works.slice(0, last + 1)) {
      if (peer.works?.includes(work) === false) continue;
      const measurement = await measureWork(site, benchCase, peer, subject, work, options);
      if (options.works.includes(work)) measurements.push({ ...measurement, round });
      options.log(describe(peer, { ...measurement, round }, options.rounds));
      // The work after a failure would not be the same.
      if (measurement.failure !== undefined) break;
    }
    return measurements;
  } finally {
    await subject.close();
  }
}

async function measureWork(
  { sandbox: { control } }: Site,
  { customers, latencyMs, isLimited }: BenchCase,
  peer: Peer,
  subject: Subject,
  work: Work,
  { ignoredProcesses }: RoundsOptions,
): Promise<Omit<Measurement, "round">> {
  // A full bucket for each piece of work.
  control.configure({ latencyMs, rateLimit: isLimited ? publishedLimit : null });
  control.resetRequests();
  const wanted = work === "added" || work === "destroy" ? customers + 1 : customers;
  const tree = new ProcessTree(ignoredProcesses);
  const startedAt = performance.now();
  const failure = await reasonOfFailure(() => subject.run(work, wanted));
  const wallS = (performance.now() - startedAt) / 1000;
  const usage = tree.end();
  const state = work === "create" && failure === undefined ? await subject.state() : undefined;
  return {
    peer: peer.name,
    work,
    wallS,
    requests: requestUse(control.requestLog()),
    ...(usage === undefined ? {} : { usage }),
    ...(state === undefined ? {} : { state: stateUse(state, control.issuedSecrets()) }),
    ...(failure === undefined ? {} : { failure }),
  };
}

async function reasonOfFailure(act: () => Promise<void>): Promise<string | undefined> {
  try {
    await act();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** A peer that failed leaves behind what it created. */
function empty({ control }: TenantManagementSandbox): void {
  for (const { tenantId } of control.tenants()) control.deleteTenant(tenantId);
}

function describe(peer: Peer, { work, wallS, usage, failure, round }: Measurement, rounds: number): string {
  const cpu = usage === undefined ? "" : `, ${usage.cpuS.toFixed(2)} s of processor time (${byKind(usage)})`;
  const end = failure === undefined ? "" : `\n${failure}`;
  return `  round ${round + 1} of ${rounds}, ${peer.title}, ${work}: ${wallS.toFixed(2)} s${cpu}${end}`;
}

function byKind({ cpuByKindS }: ProcessUsage): string {
  const parts = Object.entries(cpuByKindS).map(([kind, seconds]) => `${kind} ${seconds.toFixed(2)}`);
  return parts.join(", ");
}
