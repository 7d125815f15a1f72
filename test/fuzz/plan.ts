import { isDeepStrictEqual } from "node:util";

import { customerOf } from "../../provider/src/names/resource-name";
import type { FaultInput, SettingsChange, Stage } from "../../sandbox/api";
import { boundaries, type Boundary, boundaryName, recordedAs } from "./boundaries";
import {
  type Declaration,
  type DeclaredApplication,
  type DeclaredCustomer,
  type Edit,
  Editor,
  ownedOf,
  slotsOf,
} from "./declared";
import { Random } from "./random";

/** A `pulumi` command of a step. */
export type Command = "up" | "refresh" | "up --refresh";

/** What makes the API misbehave during a step. */
export interface Trouble {
  faults: FaultInput[];
  settings: SettingsChange;
  /** Whether all access tokens are revoked first. */
  revokesTokens: boolean;
}

interface CommonStep {
  command: Command;
  /** On which day it runs, from the first: credentials age by it. */
  day: number;
  /** What is declared when the command runs. */
  declaration: Declaration;
  trouble: Trouble;
  /** What is edited, for people. */
  edits: string[];
  /** What is provisioned first, without trouble; a step without it meets whatever the one before left behind. */
  settledFirst?: Declaration;
}

/** A command that runs to its end. */
export interface RunStep extends CommonStep {
  kind: "run";
}

/** A command that is killed. */
export interface KillStep extends CommonStep {
  kind: "kill";
  boundary: Boundary;
  /** At which call of the operation, from 1. */
  nth: number;
  /** What the calls that count are about: a customer, or an application's slot; default: anything. */
  subject?: string;
  /** How long after the answer the kill comes, in milliseconds; of the moment `answered` only. */
  delayMs: number;
  /** Whether the engine alone is killed, and not all that it started. */
  isEngineAlone: boolean;
  /** Whether the lifecycle is there for this boundary: it must then be reached. */
  isAssigned: boolean;
}

/** A command that is interrupted (SIGINT). */
export interface InterruptStep extends CommonStep {
  kind: "interrupt";
  /** At which request of any kind, from 1. */
  nth: number;
}

export type Step = RunStep | KillStep | InterruptStep;

/** All that one lifecycle does, decided before it begins: the same seed and index give the same plan. */
export interface LifecyclePlan {
  seed: number;
  index: number;
  stage: Stage;
  /** `tenants:replaceLostApplications` from the start. */
  replacesLostApplications: boolean;
  steps: Step[];
  /** What is declared in the end. */
  declaration: Declaration;
  /** On which day that is. */
  day: number;
  /** Whether credentials were rotated, or may have been, so that more than one generation of them may be alive. */
  isRotated: boolean;
  /** Whether `reconcile` looks at what the steps left behind, before anything is repaired. */
  isReconciled: boolean;
}

/** Plans the lifecycle of a seed and an index. */
export function planLifecycle(seed: number, index: number): LifecyclePlan {
  return new Planner(seed, index).plan();
}

const noTrouble: Trouble = { faults: [], settings: {}, revokesTokens: false };

class Planner {
  readonly #random: Random;
  readonly #stage: Stage;
  readonly #editor: Editor;
  readonly #steps: Step[] = [];
  #declaration: Declaration = [];
  #day = 0;

  constructor(
    private readonly seed: number,
    private readonly index: number,
  ) {
    this.#random = new Random(seed, index);
    this.#stage = this.#random.chance(65) ? "testing" : "production";
    this.#editor = new Editor(this.#random, this.#stage);
  }

  plan(): LifecyclePlan {
    const replacesLostApplications = this.#random.chance(50);
    const count = this.#random.int(2, 4);
    const assigned = this.#random.int(0, count - 1);
    const boundary = boundaries[this.index % boundaries.length];
    if (boundary === undefined) throw new RangeError("there is no boundary");
    for (let position = 0; position < count; position += 1) {
      if (position === assigned) {
        this.#kill(boundary, true);
        if (boundary.moment !== "before" && this.#random.chance(40)) this.#killAgain(boundary);
      } else this.#any();
    }
    return {
      seed: this.seed,
      index: this.index,
      stage: this.#stage,
      replacesLostApplications,
      steps: this.#steps,
      declaration: this.#declaration,
      day: this.#day,
      isReconciled: this.#random.chance(40),
      isRotated: this.#steps.some(({ declaration }) => declaration.some(isRotated)),
    };
  }

  #any(): void {
    const random = this.#random;
    // Within an overlap, beyond it, and beyond the age at which credentials get a successor.
    this.#day += random.pick([0, 0, 3, 8, 91, 91]);
    const kind = random.int(1, 100);
    if (kind <= 25) {
      this.#kill(random.pick(boundaries), false);
      return;
    }
    const before = this.#declaration;
    const { description, requires } = this.#edit(this.#editor.any(this.#declaration));
    const common = { edits: description, ...requires, declaration: this.#declaration, day: this.#day };
    const isInterrupted = kind <= 40;
    const command = random.pick<Command>(["up", "up", "up", "refresh", "up --refresh"]);
    this.#steps.push(
      isInterrupted
        ? {
            ...common,
            kind: "interrupt",
            command: "up",
            trouble: this.#trouble(1, before),
            nth: random.int(1, 6),
          }
        : { ...common, kind: "run", command, trouble: this.#trouble(3, before) },
    );
  }

  /** Applies an edit, and another now and then. */
  #edit(first: Edit): { description: string[]; requires: { settledFirst?: Declaration } } {
    this.#declaration = first.after;
    const description = [first.description];
    if (first.requires === undefined && this.#random.chance(40)) {
      const second = this.#editor.any(this.#declaration);
      if (second.requires === undefined) {
        this.#declaration = second.after;
        description.push(second.description);
      }
    }
    return { description, requires: first.requires === undefined ? {} : { settledFirst: first.requires } };
  }

  /** Plans a kill at a boundary, with an edit, a command and faults that lead to it. */
  #kill(boundary: Boundary, isAssigned: boolean): void {
    const { edit, command, faults } = this.#wayTo(boundary, isAssigned);
    const before = this.#declaration;
    if (edit !== undefined) this.#declaration = edit.after;
    const named = (faults: FaultInput[]): FaultInput[] =>
      faults.map((fault) => ({ ...fault, ...this.#name(fault, edit?.requires ?? before) }));
    const settledFirst = edit?.requires ?? (isAssigned || command === "refresh" ? before : undefined);
    this.#steps.push({
      kind: "kill",
      boundary,
      command,
      day: this.#day,
      declaration: this.#declaration,
      edits: edit === undefined ? [] : [edit.description],
      ...(settledFirst === undefined ? {} : { settledFirst }),
      trouble: {
        ...noTrouble,
        faults: named(faults),
        settings: this.#random.chance(20) ? { latencyMs: 20 } : {},
      },
      ...this.#name(
        { operation: boundary.operation, nth: isAssigned ? 1 : this.#random.int(1, 2) },
        edit?.requires ?? before,
      ),
      delayMs: this.#random.int(0, 40),
      isEngineAlone: this.#random.chance(20),
      isAssigned,
    });
  }

  /** Plans another kill, of the update that repairs: in the moment in which it has recorded what it means to do. */
  #killAgain({ operation }: Boundary): void {
    const killed = this.#steps.at(-1);
    const subject = killed?.kind === "kill" ? killed.subject : undefined;
    if (recordedAs[operation] === undefined) return;
    this.#steps.push({
      kind: "kill",
      boundary: { operation, moment: "recorded" },
      command: "up",
      day: this.#day,
      declaration: this.#declaration,
      edits: [],
      trouble: noTrouble,
      nth: 1,
      ...(subject === undefined ? {} : { subject }),
      delayMs: 0,
      isEngineAlone: false,
      isAssigned: false,
    });
  }

  #wayTo(
    { operation }: Boundary,
    isAssigned: boolean,
  ): { edit?: Edit; command: Command; faults: FaultInput[] } {
    const random = this.#random;
    const up = { command: "up" as const, faults: [] };
    switch (operation) {
      case "createTenant":
        return { ...up, edit: this.#newCustomer() };
      case "createTenantApplication":
        return {
          ...up,
          edit: this.#oneOf(
            () => this.#newCustomer(),
            (before) => this.#editor.addApplication(before),
          ),
        };
      case "deleteTenantApplication":
        this.#makeSureOfCustomer();
        return {
          ...up,
          edit: this.#oneOf(
            (before) => this.#editor.removeApplication(before),
            (before) => this.#editor.removeCustomer(before),
            (before) => this.#editor.changeScopes(before, isNotRotated),
            (before) => this.#editor.changeAuthMethod(before, isNotRotated),
          ),
        };
      case "deleteTenant":
        this.#makeSureOfCustomer();
        return { ...up, edit: this.#oneOf((before) => this.#editor.removeCustomer(before)) };
      case "getTenants":
        if (random.chance(50)) {
          // A lost answer makes the provider look for the tenant.
          const faults: FaultInput[] = [{ operation: "createTenant", kind: "reset-after" }];
          return { command: "up", faults, edit: this.#newCustomer() };
        }
        this.#makeSureOfCustomer();
        return { command: random.pick<Command>(["refresh", "up --refresh"]), faults: [] };
      case "getTenantApplications":
        if (random.chance(40)) {
          const faults: FaultInput[] = [{ operation: "createTenantApplication", kind: "reset-after" }];
          return { command: "up", faults, edit: this.#newCustomer() };
        }
        this.#makeSureOfCustomer();
        return { command: random.pick<Command>(["refresh", "up --refresh"]), faults: [] };
      case "token":
        return isAssigned || random.chance(50)
          ? { ...up, edit: this.#newCustomer() }
          : { command: "up --refresh", faults: [] };
    }
  }

  /** Adds a customer, in place of another where there are enough. */
  #newCustomer(): Edit {
    const added = this.#editor.addCustomer(this.#declaration);
    if (added !== undefined) return added;
    this.#settle(this.#oneOf((before) => this.#editor.removeCustomer(before)));
    return this.#oneOf((before) => this.#editor.addCustomer(before));
  }

  #makeSureOfCustomer(): void {
    if (ownedOf(this.#declaration).length === 0) {
      this.#declaration = this.#oneOf((before) => this.#editor.addCustomer(before)).after;
    }
  }

  /** Plans an edit that is carried out without trouble. */
  #settle({ description, requires, after }: Edit): void {
    this.#declaration = after;
    this.#steps.push({
      kind: "run",
      command: "up",
      day: this.#day,
      declaration: after,
      edits: [description],
      trouble: noTrouble,
      ...(requires === undefined ? {} : { settledFirst: requires }),
    });
  }

  #oneOf(...edits: Array<(before: Declaration) => Edit | undefined>): Edit {
    const remaining = [...edits];
    while (remaining.length > 0) {
      const [edit] = remaining.splice(this.#random.int(0, remaining.length - 1), 1);
      const made = edit?.(this.#declaration);
      if (made !== undefined) return made;
    }
    throw new RangeError("no edit is possible");
  }

  #trouble(mostFaults: number, before: Declaration): Trouble {
    const random = this.#random;
    const faults = Array.from({ length: random.int(0, mostFaults) }, () => {
      const fault = this.#fault();
      return { ...fault, ...this.#name(fault, before) };
    });
    const settings: SettingsChange = {
      ...(random.chance(20) ? { latencyMs: random.pick([10, 50, 150]) } : {}),
      ...(random.chance(20)
        ? {
            rateLimit: {
              perSecond: random.pick([5, 10]),
              burst: random.pick([1, 5]),
              retryAfter: random.pick(["seconds", "date", "absent"] as const),
            },
          }
        : {}),
    };
    return { faults, settings, revokesTokens: random.chance(15) };
  }

  /**
   * Fixes a request of a step: the nth of its operation is the first about the nth customer or slot, and so on in turn,
   * those that the step changes first. Their order does not depend on what the engine asks for first.
   */
  #name(
    { operation, nth = 1 }: Pick<FaultInput, "operation" | "nth">,
    before: Declaration,
  ): { nth: number; subject?: string } {
    const subjects = subjectsOf(operation, before, this.#declaration);
    const subject = subjects[(nth - 1) % subjects.length];
    return subject === undefined ? { nth } : { nth: 1 + Math.floor((nth - 1) / subjects.length), subject };
  }

  /**
   * Makes a fault that an honest API can have. One that says 404 of what exists, or refuses with a 4xx what it has
   * carried out, is not honest, and no client can tell.
   */
  #fault(): FaultInput {
    const random = this.#random;
    const where = {
      operation: random.pick([
        "createTenant",
        "createTenantApplication",
        "createTenantApplication",
        "deleteTenant",
        "deleteTenantApplication",
        "getTenants",
        "getTenant",
        "getTenantApplications",
        "token",
        "*",
      ] as const),
      nth: random.int(1, 4),
      times: random.pick([1, 1, 1, 2]),
    };
    const kind = random.pick([
      "status",
      "status",
      "status",
      "latency",
      "reset-before",
      "reset-after",
      "reset-after",
      "half-body",
      "garbage-body",
    ] as const);
    // A hanging answer costs its half a minute, so there are few.
    if (random.chance(2)) return { ...where, times: 1, kind: "hang", carriedOut: random.chance(50) };
    switch (kind) {
      case "status": {
        const isServerError = random.chance(70);
        const status = isServerError
          ? random.pick([500, 502, 503, 504, 408])
          : random.pick([400, 401, 403, 409, 415, 429, 307]);
        return {
          ...where,
          kind,
          status,
          carriedOut: isServerError && random.chance(50),
          ...(random.chance(30) ? { body: "<html><body>Bad Gateway</body></html>" } : {}),
          ...(random.chance(30) ? { headers: { "retry-after": "1" } } : {}),
        };
      }
      case "latency":
        return { ...where, kind, latencyMs: random.pick([100, 500, 1500]) };
      case "reset-before":
      case "reset-after":
      case "half-body":
      case "garbage-body":
        return { ...where, kind };
    }
  }
}

/** Lists what the requests of an operation can be about, what changes first; nothing where they are about nothing. */
function subjectsOf(operation: FaultInput["operation"], before: Declaration, after: Declaration): string[] {
  if (operation === "token" || operation === "getTenants") return [];
  const [old, now] = [slotsOf(before), slotsOf(after)];
  const slots = [...new Set([...now.keys(), ...old.keys()])];
  const changed = slots.filter((slot) => !isDeepStrictEqual(old.get(slot), now.get(slot)));
  const ordered = [...changed, ...slots.filter((slot) => !changed.includes(slot))];
  const customers = [...new Set(ordered.map(customerOf))];
  if (operation === "*") return [...customers, ...ordered];
  return operation.endsWith("Application") ? ordered : customers;
}

function isRotated({ applications }: DeclaredCustomer): boolean {
  return applications.some(({ rotation }) => rotation !== undefined);
}

/** A change of one that is rotated makes another beside it, and deletes it later. */
function isNotRotated({ rotation }: DeclaredApplication): boolean {
  return rotation === undefined;
}

/** Tells a step in one line. */
export function describeStep(step: Step): string {
  const { edits, command, day, trouble, settledFirst } = step;
  const { faults, settings, revokesTokens } = trouble;
  const parts = [
    `day ${day}:`,
    ...(settledFirst === undefined ? [] : ["provision without trouble, then"]),
    ...(edits.length === 0 ? [] : [`${edits.join("; ")}:`]),
    command,
    ...(step.kind === "kill"
      ? [
          `killed${step.isEngineAlone ? " (the engine alone)" : ""} at ${boundaryName(step.boundary)} (call ${step.nth}${step.subject === undefined ? "" : ` of ${step.subject}`})`,
        ]
      : []),
    ...(step.kind === "interrupt" ? [`interrupted at request ${step.nth}`] : []),
    ...faults.map((fault) => `fault ${JSON.stringify(fault)}`),
    ...(Object.keys(settings).length === 0 ? [] : [`settings ${JSON.stringify(settings)}`]),
    ...(revokesTokens ? ["tokens revoked"] : []),
  ];
  return parts.join(" ");
}
