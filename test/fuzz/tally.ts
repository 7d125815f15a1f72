import { boundaries, type Boundary, boundaryName } from "./boundaries";

/** Counts what a run of lifecycles did. */
export class Tally {
  lifecycles = 0;
  steps = 0;
  /** Commands that ran to their end, interrupted ones included. */
  commands = 0;
  faults = 0;
  interrupts = 0;
  /** Kills of the engine that left what it had started alone. */
  enginesKilledAlone = 0;
  /** Kills that came too late: the command had ended, or never sent the request. */
  missedKills = 0;
  /** Repairs that were told to set `tenants:replaceLostApplications`. */
  lostApplications = 0;
  /** Secrets that the AWS provider made and the killed engine never heard of: the next `up` clears them away. */
  emptySecrets = 0;
  /** Generations that a command which came to its end had to make. */
  rotations = 0;
  /** Times that the days went by in the end, until overlaps were over. */
  overlaps = 0;
  /** Customers that were handed over. */
  releases = 0;
  /** Lifecycles whose record had a delete that was cut off, and that no update came back to. */
  settledIntents = 0;
  findings = 0;

  readonly #kills = new Map(boundaries.map((boundary) => [boundaryName(boundary), 0]));

  killed(boundary: Boundary): void {
    const name = boundaryName(boundary);
    this.#kills.set(name, (this.#kills.get(name) ?? 0) + 1);
  }

  /** Kills by boundary. */
  get kills(): Record<string, number> {
    return Object.fromEntries(this.#kills);
  }

  get totalKills(): number {
    return [...this.#kills.values()].reduce((sum, count) => sum + count, 0);
  }

  toJSON(): Record<string, unknown> {
    return { ...Object.fromEntries(Object.entries(this)), kills: this.kills };
  }

  /** Writes the counts, a line each. */
  toTable(): string {
    const rows: Array<[what: string, count: number]> = [
      ["lifecycles", this.lifecycles],
      ["steps", this.steps],
      ["commands to their end", this.commands],
      ["faults planned", this.faults],
      ["SIGINT", this.interrupts],
      ["SIGKILL", this.totalKills],
      ...Object.entries(this.kills).map(([name, count]): [string, number] => [`  ${name}`, count]),
      ["  of the engine alone", this.enginesKilledAlone],
      ["SIGKILL not reached", this.missedKills],
      ["told: replaceLostApplications", this.lostApplications],
      ["empty secrets cleared away", this.emptySecrets],
      ["rotations", this.rotations],
      ["overlaps waited for", this.overlaps],
      ["customers released", this.releases],
      ["cut-off deletes settled", this.settledIntents],
      ["findings", this.findings],
    ];
    const longest = Math.max(...rows.map(([what]) => what.length));
    return rows.map(([what, count]) => `${what.padEnd(longest)}  ${count}`).join("\n");
  }
}
