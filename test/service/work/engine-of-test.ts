import { strict as assert } from "node:assert";

import type { CustomerRecord } from "pulumi-resistant-tenants";
import type { EngineEvent } from "resistant-tenants-service/work/engine-events";
import type { Work } from "resistant-tenants-service/work/work";

import type { Step } from "../../../operations/src/preview/step";
import { PulumiError } from "../../../operations/src/stack/pulumi";
import type { TestService } from "../records/service";

const hourMs = 3_600_000;

/** An engine without processes: the state of one customer's stack, for which it finds nothing to do at first. */
export class EngineOfTest {
  readonly stackSettings = { encryptionsalt: "salt" };
  /** The client that the next update creates in place of the present one. */
  next: string | undefined;
  /** How often its state cannot be read after an update. */
  unreadable = 0;
  #hasUpdated = false;
  readonly project = "/nowhere";
  readonly environment = {};
  readonly pulumi = {
    run: () => Promise.reject(new Error("not run")),
    runWithoutStack: () => Promise.reject(new Error("not run")),
    typed: () => "",
  };
  /** The engine's id of the last update: so long ago that it has ended. */
  lastUpdate = new Date(Date.now() - 2 * hourMs).toISOString();

  constructor(
    private readonly name: string,
    private record: CustomerRecord,
  ) {}

  /** Completes a rotation of the only application, as the engine does. */
  rotate(clientId: string): void {
    const at = new Date().toISOString();
    const [application] = this.record.applications;
    if (application === undefined) throw new Error("The customer has an application.");
    const rotated = {
      ...application,
      applicationId: `of ${clientId}`,
      clientId,
      createdAt: at,
      rotatedAt: at,
    };
    this.record = { ...this.record, applications: [rotated] };
    this.lastUpdate = new Date(Date.parse(this.lastUpdate) + hourMs / 2).toISOString();
  }

  prepare(): Promise<unknown> {
    return this.export();
  }

  export(): Promise<unknown> {
    if (this.#hasUpdated && this.unreadable-- > 0)
      return Promise.reject(new PulumiError("The backend does not answer.", ""));
    const urn = `urn:pulumi:${this.name}::resistant-tenants::`;
    return Promise.resolve({
      deployment: {
        manifest: { time: this.lastUpdate },
        resources: [
          {
            urn: `${urn}pulumi:pulumi:Stack::stack`,
            type: "pulumi:pulumi:Stack",
            outputs: { customers: { [this.name]: this.record } },
          },
          { urn: `${urn}resistant:index:Customer::${this.name}`, type: "resistant:index:Customer" },
        ],
      },
    });
  }

  write(): Promise<void> {
    return Promise.resolve();
  }

  preview(): Promise<unknown> {
    const steps = this.next === undefined ? [] : [this.#stepTo(this.next)];
    return Promise.resolve({ preview: { steps }, plan: Buffer.from("plan"), policyViolations: [] });
  }

  async up(_plan: unknown, onEvent: (event: EngineEvent) => Promise<void>): Promise<void> {
    if (this.next === undefined) throw new Error("There is nothing to do.");
    const { type, name, operation } = this.#stepTo(this.next);
    for (const state of ["begun", "done"] as const)
      await onEvent({ operation, type, name, state, message: `${operation} ${name} ${state}` });
    this.#hasUpdated = true;
    this.rotate(this.next);
    this.next = undefined;
  }

  #stepTo(clientId: string): Step {
    const type = "resistant:index:Part";
    const state = {
      type,
      inputs: { clientId },
      outputs: {},
      protect: false,
      provider: undefined,
      options: {},
    };
    const urn = `urn:pulumi:${this.name}::resistant-tenants::${type}::${clientId}`;
    return { operation: "create", urn, type, name: clientId, inputs: { clientId }, after: state };
  }
}

/**
 * Returns what the jobs of a worker share, with an engine of tests in place of all engines.
 *
 * @param onProblem - Default: a problem fails the test.
 */
export function workWith(
  { context }: TestService,
  engine: EngineOfTest,
  onProblem: Work["onProblem"] = (what, error) => assert.fail(`${what}: ${String(error)}`),
): Work {
  return {
    context,
    queue: {} as unknown as Work["queue"],
    engines: {
      version: "1",
      program: { version: "1" },
      with: (_job: unknown, act: (engine: EngineOfTest) => Promise<unknown>) => act(engine),
    } as unknown as Work["engines"],
    holder: "worker-of-the-test",
    environment: {},
    stopping: new AbortController().signal,
    onProblem,
  };
}
