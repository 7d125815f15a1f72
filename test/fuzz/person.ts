import { strict as assert } from "node:assert";

/** How an `up` of a repair ended. */
export interface UpOfRepair {
  isDone: boolean;
  /** All that it printed. */
  said: string;
  /** Whether it says that it has something left to do: run it again. */
  needsAnotherUp: boolean;
}

/** What a person can do about a stack. */
export interface Hands {
  up: () => Promise<UpOfRepair>;
  reconcileAndFix: () => Promise<void>;
  /** Sets `tenants:replaceLostApplications`. */
  replaceLostApplications: () => Promise<void>;
  /** Tells whether the stack has an application, or its credentials are stored. */
  isUsed: (applicationId: string) => Promise<boolean>;
  deleteAtVendor: (applicationId: string) => void;
  /** Is told of each thing that is done because a message asked for it. */
  note: (done: string) => void;
}

/** How many times a repair may say that one more `up` is needed: it completes, it makes a successor, it lets go. */
const mostRepetitions = 3;

/** What a failed `up` can ask for, in the order in which a person does it, and by which words of its messages. */
const requests = {
  reconcile: "tenants -- reconcile --fix",
  replace: "pulumi config set tenants:replaceLostApplications true",
  again: "Run `pulumi up` again: it excludes",
  /** Where an `up` says again that it cannot tell applications apart. */
  tellApart: "applications that may be it",
} as const;
type Request = keyof typeof requests;

/**
 * Provisions what is declared without any trouble, doing no more than what the messages say. An `up` that failed may ask
 * for one thing of one customer, and the next for another of the next; nothing is asked for twice.
 */
export async function provisionAsTold(hands: Hands): Promise<void> {
  const asked = new Set<Request>();
  let result = await hands.up();
  while (!result.isDone) {
    await doAsTold(result.said, asked, hands);
    result = await hands.up();
  }
  for (let repetitions = 0; result.needsAnotherUp; repetitions += 1) {
    assert.ok(repetitions < mostRepetitions, "a repair asks for one up after another");
    hands.note("one more up");
    result = await hands.up();
    assert.ok(result.isDone, "the up that was asked for failed");
  }
}

/** Does what a failed `up` says to do; anything else that it says is a finding. */
async function doAsTold(said: string, asked: Set<Request>, hands: Hands): Promise<void> {
  const all = Object.keys(requests) as Request[];
  const next = all.find((request) => said.includes(requests[request]) && !asked.has(request));
  if (next === undefined) assert.fail(`an up without any trouble failed, and asks for nothing new: ${said}`);
  asked.add(next);
  if (next === "reconcile") {
    hands.note("reconcile --fix");
    await hands.reconcileAndFix();
  } else if (next === "replace") {
    hands.note("tenants:replaceLostApplications true");
    await hands.replaceLostApplications();
  } else if (next === "tellApart") {
    for (const applicationId of candidatesIn(said)) {
      if (await hands.isUsed(applicationId)) continue;
      hands.note(`application ${applicationId} deleted at the vendor`);
      hands.deleteAtVendor(applicationId);
    }
  }
}

/** Gives the applications of which a message says that it cannot tell which one it has lost. */
function candidatesIn(said: string): string[] {
  const lists = [...said.matchAll(/applications that may be it: ([^.]*)\. None was changed/g)];
  return [
    ...new Set(
      lists.flatMap(([, list = ""]) => [...list.matchAll(/(\S+) \(client/g)].map(([, id = ""]) => id)),
    ),
  ];
}
