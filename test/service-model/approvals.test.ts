import { strict as assert } from "node:assert";

import { isEnough, objectionTo, requirementOf } from "resistant-tenants-service/approval/rule";
import type { Role } from "resistant-tenants-service/person";
import type { RequestState } from "resistant-tenants-service/requests/request";
import {
  approvedStates,
  next,
  type RequestEvent,
  ways,
  WrongStateError,
} from "resistant-tenants-service/requests/state-machine";
import { approvalRuleSchema } from "resistant-tenants-service/settings/settings";

interface Somebody {
  issuer: string;
  subject: string;
  person: string | undefined;
  roles: Role[];
  groups: string[];
}

const all: Role[] = ["requester", "approver", "administrator", "auditor"];
const issuer = "https://issuer.example";
/** Who may try to approve: the requester, by two accounts, a machine, an approver by two accounts, another approver. */
const people: Somebody[] = [
  { issuer, subject: "requester", person: "1", roles: all, groups: [] },
  { issuer, subject: "requester-2", person: "1", roles: all, groups: [] },
  { issuer, subject: "machine", person: undefined, roles: all, groups: [] },
  { issuer, subject: "approver", person: "2", roles: ["approver"], groups: [] },
  { issuer, subject: "approver-2", person: "2", roles: ["approver"], groups: [] },
  { issuer, subject: "other", person: "3", roles: ["approver"], groups: [] },
];
const requester = people[0]!;
const digests = ["A", "B"] as const;
type Digest = (typeof digests)[number];

/** A request as the model has it. Each approval is `<person's place>:<digest>`; the glass is a digest. */
interface Model {
  state: RequestState;
  plan: Digest | undefined;
  open: readonly string[];
  glass: Digest | undefined;
  /** The approvals, and the glass, that the apply has used which runs now. */
  used: readonly string[];
  /** What an apply has been begun with, and was not given anew since. */
  spent: readonly string[];
  /** Whether an apply was begun with something that was spent. */
  isReused: boolean;
}

interface Step {
  name: string;
  after: Model;
}

const events = [...new Set(Object.values(ways).flatMap((leaving) => Object.keys(leaving) as RequestEvent[]))];

/** How the model goes on; each can be broken, to see that the check can fail. */
interface Rules {
  required: number;
  checksOnTheWay: boolean;
  revokes: boolean;
  usesUp: boolean;
}

function requirement(required: number) {
  return requirementOf("production", "createCustomer", approvalRuleSchema.parse({ required }));
}

function approversOf({ open, plan }: Model): Somebody[] {
  return open
    .filter((approval) => approval.endsWith(`:${plan}`))
    .map((approval) => people[Number(approval[0])]!);
}

/** The transition function: any event at any time, as `transition.ts` takes it. */
function after(model: Model, event: RequestEvent, rules: Rules): Model | undefined {
  let state: RequestState;
  try {
    state = next(model.state, event);
  } catch (error) {
    assert.ok(error instanceof WrongStateError);
    return undefined;
  }
  const isGlassBroken = model.plan !== undefined && model.glass === model.plan;
  const isApproved = isEnough(requirement(rules.required), approversOf(model), isGlassBroken);
  if (rules.checksOnTheWay && approvedStates.includes(state) && (model.plan === undefined || !isApproved))
    return undefined;
  if (state !== "applying") return { ...model, state, used: [] };
  const counted = model.open.filter((approval) => approval.endsWith(`:${model.plan}`));
  const used = [...counted, ...(isGlassBroken ? ["glass"] : [])];
  const applying = {
    ...model,
    state,
    used,
    spent: [...new Set([...model.spent, ...used])].sort(),
    isReused: used.some((one) => model.spent.includes(one)),
  };
  if (!rules.usesUp) return applying;
  const open = model.open.filter((approval) => !counted.includes(approval));
  return { ...applying, open, glass: isGlassBroken ? undefined : model.glass };
}

/** All that can happen next. */
function stepsFrom(model: Model, rules: Rules): Step[] {
  const steps: Step[] = [];
  const add = (name: string, next: Model | undefined): void => {
    if (next !== undefined) steps.push({ name, after: next });
  };
  for (const event of events) add(event, after(model, event, rules));
  if (model.state === "previewing")
    for (const plan of digests) {
      const open = rules.revokes
        ? model.open.filter((approval) => approval.endsWith(`:${plan}`))
        : model.open;
      const glass = rules.revokes && model.glass !== plan ? undefined : model.glass;
      const planned = { ...model, plan, open, glass };
      for (const event of ["planned", "plannedAndApproved"] as const)
        add(`plan ${plan}, ${event}`, after(planned, event, rules));
    }
  if (model.state !== "waitingForApproval" || model.plan === undefined) return steps;
  for (const [place, somebody] of people.entries()) {
    const approval = `${place}:${model.plan}`;
    const objection = objectionTo(somebody, requester, requirement(rules.required));
    if (objection === undefined && !model.open.includes(approval))
      add(`${somebody.subject} approves ${model.plan}`, {
        ...model,
        open: [...model.open, approval].sort(),
        spent: model.spent.filter((one) => one !== approval),
      });
  }
  add(`the glass is broken for ${model.plan}`, {
    ...model,
    glass: model.plan,
    spent: model.spent.filter((one) => one !== "glass"),
  });
  return steps;
}

/** Looks at every state that can be reached, however long the way, and gives the way to the first apply that must not be. */
function findWrongApply(rules: Rules): { way: string[] | undefined; states: number; applies: number } {
  const nothing = { open: [], used: [], spent: [], isReused: false };
  const first: Model = { ...nothing, state: "previewing", plan: undefined, glass: undefined };
  const ways = new Map<string, string[]>([[JSON.stringify(first), []]]);
  const queue = [first];
  let applies = 0;
  for (let model = queue.shift(); model !== undefined; model = queue.shift()) {
    const way = ways.get(JSON.stringify(model)) ?? [];
    for (const step of stepsFrom(model, rules)) {
      const key = JSON.stringify(step.after);
      if (ways.has(key)) continue;
      const here = [...way, step.name];
      ways.set(key, here);
      if (step.after.state === "applying") {
        applies += 1;
        if (!isRight(step.after, here, rules)) return { way: here, states: ways.size, applies };
      }
      queue.push(step.after);
    }
  }
  return { way: undefined, states: ways.size, applies };
}

/** What an apply needs, said anew: enough persons who are not the requester, of the digest; or a glass, broken for it. */
function isRight({ plan, used, isReused }: Model, way: readonly string[], { required }: Rules): boolean {
  if (isReused) return false;
  if (used.includes("glass")) return way.includes(`the glass is broken for ${plan}`);
  const persons = used.map((approval) => {
    const [place, digest] = approval.split(":");
    return digest === plan ? people[Number(place)]?.person : undefined;
  });
  const others = new Set(persons.filter((person) => person !== undefined && person !== requester.person));
  return others.size >= Math.max(1, required);
}

describe("the model of requests and approvals", () => {
  const rules: Rules = { required: 1, checksOnTheWay: true, revokes: true, usesUp: true };

  for (const required of [0, 2]) {
    it(`reaches no apply in production without approvals of its digest by others, if the rule asks for ${required}`, () => {
      const { way, states, applies } = findWrongApply({ ...rules, required });
      assert.equal(way, undefined);
      assert.ok(states > 100 && applies > 1, `${states} states, ${applies} applies`);
    });
  }

  it("finds a way if a check is left out: the model can fail", () => {
    assert.notEqual(findWrongApply({ ...rules, checksOnTheWay: false }).way, undefined);
    assert.notEqual(findWrongApply({ ...rules, usesUp: false }).way, undefined);
  });

  it("has one way to an apply, and none out of a final state", () => {
    const toApplying = Object.entries(ways).flatMap(([state, leaving]) =>
      Object.values(leaving).includes("applying") ? [state] : [],
    );
    assert.deepEqual(toApplying, ["queued"]);
    for (const state of ["done", "refused", "withdrawn", "expired"] as const)
      assert.deepEqual(ways[state], {});
  });
});

describe("the stricter of two rules", () => {
  const rule = (given: object) => approvalRuleSchema.parse({ required: 1, ...given });

  it("requires the greater number, all groups, and the shorter time", () => {
    const strict = requirementOf(
      "testing",
      "delete",
      rule({ required: 0, byKind: { delete: 2 }, groups: ["a"], validForHours: 10 }),
      rule({ required: 1, groups: ["b", "c"], validForHours: 5 }),
    );
    assert.deepEqual(strict, { required: 2, groups: [["a"], ["b", "c"]], validForHours: 5 });
    const approver = { ...people[3]!, groups: ["a"] };
    assert.equal(objectionTo(approver, requester, strict), "otherGroup");
    assert.equal(objectionTo({ ...approver, groups: ["a", "c"] }, requester, strict), undefined);
  });

  it("always requires a second person in production, and in an unknown stage", () => {
    const none = rule({ required: 0, byKind: { rotate: 0 } });
    assert.equal(requirementOf("production", "rotate", none).required, 1);
    assert.equal(requirementOf("elsewhere", "rotate", none).required, 1);
    assert.equal(requirementOf("testing", "rotate", none).required, 0);
  });
});
