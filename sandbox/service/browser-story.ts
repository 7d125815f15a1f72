import type { Browser } from "playwright-core";

import { SandboxError } from "../errors";
import { fillIn, Visitor, type VisitorOptions } from "./browser";

/** The page for the story, and its output. */
export interface Stage {
  readonly browser: Browser;
  /** The service's URL. */
  readonly url: string;
  readonly passwordOf: (username: string) => string;
  /** Called with a sentence about the next step. */
  readonly say: (sentence: string) => void;
  /** The folder for pictures; undefined for none. */
  readonly pictures: string | undefined;
}

/** What the page showed at the end. */
export interface Told {
  /** The id of the applied request. */
  readonly requestId: string;
  /** The ARNs on the customer's page. */
  readonly secretArns: readonly string[];
  /** The history on the request's page, line by line. */
  readonly history: readonly string[];
}

/**
 * Plays in a real browser what people do with the service: rita sends a request, anna refuses it, rita
 * corrects it and sends it again, anna asks a question, amir approves by a separate log-in, and the worker
 * provisions the customer.
 *
 * @throws SandboxError `PROOF_FAILED` if the page does not show what it should
 */
export async function playStory(stage: Stage, customer: string): Promise<Told> {
  const open: Visitor[] = [];
  const enter = async (username: string, options: VisitorOptions = {}): Promise<Visitor> => {
    const { browser, url, passwordOf, pictures } = stage;
    const as = { password: passwordOf(username), pictures, ...options };
    const visitor = await Visitor.logIn(browser, url, username, as);
    open.push(visitor);
    return visitor;
  };
  try {
    return await play(stage, customer, enter);
  } finally {
    for (const visitor of open) await visitor.close();
  }
}

async function play(
  { say }: Stage,
  customer: string,
  enter: (username: string, options?: VisitorOptions) => Promise<Visitor>,
): Promise<Told> {
  say("rita, a requester, asks for a tenant in production");
  const rita = await enter("rita");
  await rita.picture("01-first-page");
  await fillIn(rita, { name: customer, reason: "A customer", cells: ["eu-1", "us-1"] });
  await rita.page.locator("#name-note:not(:empty)").waitFor();
  await rita.picture("02-the-form");
  await rita.press("button[value=send]");
  const first = rita.requestId;
  await rita.until("waitingForApproval");
  await rita.picture("03-planned");

  say("anna, an approver, reads the plan, and refuses it with a comment");
  const anna = await enter("anna");
  await anna.picture("04-waits-for-anna");
  await anna.press(`a[href="/requests/${first}"]`);
  await anna.picture("05-the-plan-beside-the-buttons");
  await anna.page.fill("input[name=comment]", "Which contract is it?");
  await anna.press("button[value=refuse]");
  await anna.typePassword();

  say("rita reads why, corrects it, and sends it again with the form filled in");
  await rita.until("refused");
  await rita.picture("06-refused");
  await insistOnText(rita, "Which contract is it?");
  await rita.press(`a[href="/requests/new?from=${first}"]`);
  await rita.page.fill("#reason", "Contract CRM-1042, signed on Monday");
  await rita.press("button[value=send]");
  const second = rita.requestId;
  await rita.until("waitingForApproval");

  say("anna sends it back with a question, and rita answers");
  await anna.open(`/requests/${second}`);
  await anna.page.fill("form[action$='/questions'] textarea", "Does it need both cells?");
  await anna.press("form[action$='/questions'] button");
  await rita.page.locator("form[action$='/answers']").waitFor();
  await rita.picture("07-a-question");
  await rita.page.fill("form[action$='/answers'] textarea", "Yes: it has offices in both.");
  await rita.press("form[action$='/answers'] button");

  say("amir, another approver, approves: it is a separate log-in");
  const amir = await enter("amir");
  await amir.open(`/requests/${second}`);
  await insistOnText(amir, "Yes: it has offices in both.");
  await amir.press("button[value=approve]");
  await amir.picture("08-the-log-in-that-approves");
  await amir.typePassword();
  await amir.picture("09-receipt");
  await insistOnText(amir, "sha256:");

  say("the worker provisions it, while rita looks on");
  await rita.page.locator(".state.applying, .state.done").waitFor({ timeout: 180_000 });
  await rita.picture("10-being-carried-out");
  await rita.until("done");
  await rita.picture("11-done");
  const history = await rita.page.locator("#events > li").allInnerTexts();

  say("the customer's page says where everything is; no credential is on it");
  await rita.press(`#result a[href="/customers/production/${customer}"]`);
  await rita.picture("12-the-customer");
  const secretArns = (await rita.page.locator("code.copied").allInnerTexts()).filter((text) =>
    text.startsWith("arn:"),
  );

  say("otto, an auditor, finds all of it in the audit log");
  const otto = await enter("otto");
  await otto.open(`/search?q=${customer}`);
  await insistOnText(otto, "Does it need both cells?");
  await otto.picture("13-one-search");
  await otto.open("/audit/verification");
  await insistOnText(otto, "It holds");
  await otto.picture("14-the-audit-log-is-whole");
  return { requestId: second, secretArns, history };
}

async function insistOnText(visitor: Visitor, text: string): Promise<void> {
  if ((await visitor.text()).includes(text)) return;
  throw new SandboxError("PROOF_FAILED", `the page ${visitor.page.url()} does not show “${text}”`);
}
