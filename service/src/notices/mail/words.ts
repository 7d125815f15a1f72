import type { RequestKind } from "../../requests/request";
import type { NoticeBody, Topic } from "../topics";
import { oneLine, quoted, wrap } from "./plain";

/** The facts that a mail is written from. */
export interface Facts {
  /** Where people reach the service. */
  url: string;
  topic: Topic;
  body: NoticeBody;
  /** The request; absent in a mail about a deputy. */
  request?: {
    id: string;
    kind: RequestKind;
    stage: string;
    customer: string | null;
    reason: string;
    expiresAt: Date;
    /** For a failed request: what happened, and what to do next. */
    problem?: string;
    /** For a refused request. */
    comment?: string;
    requester: string;
  };
  /** The actor. */
  actor?: string;
  /** The named deputy. */
  deputy?: string;
  /** The absent approvers whose deputy the recipient is. */
  standsInFor: readonly string[];
}

/** The subject and the text of a mail. Both are plain text. */
export interface Words {
  subject: string;
  text: string;
}

type Request = NonNullable<Facts["request"]>;

/** The kinds of request, within a sentence. */
const asks: Readonly<Record<RequestKind, (customer: string) => string>> = {
  createCustomer: (customer) => `a new customer ${customer}`,
  changeCustomer: (customer) => `a change of customer ${customer}`,
  adopt: (customer) => `the takeover of customer ${customer}'s tenant`,
  rotate: (customer) => `new credentials for customer ${customer}`,
  deprecate: (customer) => `the deprecation of customer ${customer}`,
  delete: (customer) => `the deletion of customer ${customer}`,
  release: (customer) => `the handover of customer ${customer}`,
  upgrade: () => "an upgrade of several customers",
};

interface Said {
  subject: string;
  lines: (string | undefined)[];
}

const ofRequest: Readonly<
  Record<
    Exclude<Topic, "deputyNamed" | "deputyConfirmed" | "attention">,
    (request: Request, facts: Facts) => Said
  >
> = {
  needsApproval: (request, facts) => ({
    subject: "needs your approval",
    lines: [
      `${request.requester} requests ${what(request)}. It needs your approval.`,
      standingIn(facts),
      "The reason:",
      quoted(request.reason),
      `It expires on ${time(request.expiresAt)}. Read the plan and decide:`,
    ],
  }),
  reminder: (request, facts) => ({
    subject: "still waits for your approval",
    lines: [
      `${request.requester} requests ${what(request)}. It still waits for your approval.`,
      standingIn(facts),
      "The reason:",
      quoted(request.reason),
      `It expires on ${time(request.expiresAt)}. Read the plan and decide:`,
    ],
  }),
  approvalGiven: (request, { actor, body }) => ({
    subject: `${body.given ?? 1} of ${(body.given ?? 1) + (body.missing ?? 0)} approvals given`,
    lines: [
      `${actor ?? "An approver"} approved ${what(request)}. Approvals still missing: ${body.missing ?? 0}.`,
    ],
  }),
  approved: (request, { actor }) => ({
    subject: "approved",
    lines: [`${actor ?? "An approver"} approved ${what(request)}. It starts as soon as a worker is free.`],
  }),
  refused: (request, { actor }) => ({
    subject: "refused",
    lines: [
      `${actor ?? "An approver"} refused ${what(request)}.`,
      ...(request.comment ? ["The comment:", quoted(request.comment)] : []),
      "You can send it again, with the same fields filled in:",
    ],
  }),
  done: (request, { body, url }) => ({
    subject: "done",
    lines: [
      body.isUnchanged === true
        ? `Nothing had to change for ${what(request)}: everything is already as requested.`
        : `Your request is done: ${what(request)}.`,
      ...(request.customer === null || request.kind === "delete"
        ? []
        : [`${url}/customers/${request.stage}/${request.customer}`]),
    ],
  }),
  failed: (request) => ({
    subject: "failed",
    lines: [
      `Your request failed: ${what(request)}.`,
      ...(request.problem ? [quoted(request.problem)] : []),
      "An administrator can retry it: it continues where it stopped. Or withdraw it, and send it again with the same fields:",
    ],
  }),
  needsAdministrator: (request) => ({
    subject: "failed, and needs an administrator",
    lines: [
      `${request.requester} requested ${what(request)}. Applying it failed.`,
      ...(request.problem ? [quoted(request.problem)] : []),
      "Other requests for this customer wait until it is retried or withdrawn:",
    ],
  }),
  expiring: (request) => ({
    subject: `expires on ${time(request.expiresAt)}`,
    lines: [
      `${request.requester} requested ${what(request)}. It expires on ${time(request.expiresAt)} unless it is completed before.`,
    ],
  }),
  expired: (request) => ({
    subject: "expired",
    lines: [
      `Your request was not completed in time: ${what(request)}. You can send it again, with the same fields filled in:`,
    ],
  }),
  withdrawn: (request, { actor }) => ({
    subject: "withdrawn by an administrator",
    lines: [
      `${actor ?? "An administrator"} withdrew your request: ${what(request)}. Nothing more will be done. You can send it again, with the same fields filled in:`,
    ],
  }),
  question: (request, { actor, body }) => ({
    subject: "has a question for you",
    lines: [
      `${actor ?? "An approver"} has a question about your request, ${what(request)}:`,
      quoted(body.text ?? ""),
      "Answer it here:",
    ],
  }),
  answer: (request, { actor, body }) => ({
    subject: "your question was answered",
    lines: [
      `${actor ?? "The requester"} answered your question about ${what(request)}:`,
      quoted(body.text ?? ""),
    ],
  }),
  glassBroken: (request, { actor, body }) => ({
    subject: "BREAK-GLASS: applied without a second person's approval",
    lines: [
      `${actor ?? "An administrator"} had this applied without a second person's approval: ${what(request)}, requested by ${request.requester}.`,
      "The reason:",
      quoted(body.text ?? ""),
      "All approvers, administrators and auditors get this mail. A second person must review it before break-glass can be used again:",
    ],
  }),
};

/** Writes a mail. People's text is quoted, and never in the subject. */
export function wordsOf(facts: Facts): Words {
  const { url, topic, body, request, deputy } = facts;
  const actor = facts.actor ?? "An approver";
  const period = `from ${isoTime(body.from)} to ${isoTime(body.until)}`;
  if (topic === "deputyNamed")
    return mail(facts, "you are named as deputy", [
      `${actor} is away ${period} and has named you as deputy. Meanwhile you can approve what ${actor} could, but not your own requests. You also get the mails.`,
      "What waits for you:",
      url,
    ]);
  if (topic === "deputyConfirmed")
    return mail(facts, "you have named a deputy", [
      `${deputy ?? "Another approver"} is your deputy ${period}. If you did not name this deputy, end it here and tell an administrator:`,
      url,
    ]);
  if (topic === "attention")
    return mail(facts, oneLine(`${body.stage ?? ""} ${body.customer ?? ""}: needs attention`), [
      oneLine(body.text ?? "", 1_000),
      `${url}${body.path ?? "/"}`,
    ]);
  if (request === undefined) throw new Error(`A mail of ${topic} is about a request.`);
  const { subject, lines } = ofRequest[topic](request, facts);
  const about = oneLine(`${request.stage} ${request.customer ?? "several customers"}`);
  return mail(facts, `${about}: ${subject}`, [...lines, `${url}/requests/${request.id}`]);
}

function mail({ url }: Facts, subject: string, lines: readonly (string | undefined)[]): Words {
  const foot = `Sent by the provisioning service at ${url}. It never asks for a password, a token or a secret by mail.`;
  return {
    subject: oneLine(`[tenants] ${subject}`),
    text: `${[...lines.filter((line) => line !== undefined).map(wrap), `-- \n${wrap(foot)}`].join("\n\n")}\n`,
  };
}

function what({ kind, stage, customer }: Request): string {
  return `${asks[kind](oneLine(customer ?? ""))} (${stage})`;
}

function standingIn({ standsInFor }: Facts): string | undefined {
  return standsInFor.length === 0 ? undefined : `You are the deputy of ${standsInFor.join(" and ")}.`;
}

function time(at: Date): string {
  const text = at.toISOString();
  return `${text.slice(0, 10)} ${text.slice(11, 16)} UTC`;
}

function isoTime(at: string | undefined): string {
  return time(new Date(at ?? 0));
}
