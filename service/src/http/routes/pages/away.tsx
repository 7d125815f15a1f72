import { dayMs } from "pulumi-resistant-tenants/internal/clock";
import { z } from "zod";

import { endAbsence, readAbsence, setAbsence } from "../../../actions/absence";
import { isFresh } from "../../../approval/rule";
import { AwayPage } from "../../../page/away-page";
import type { Person } from "../../../person";
import { write } from "../../../records/database";
import { personOrLogIn, sendPage } from "../../answer";
import { insistOnOwnOrigin, insistOnRole } from "../../caller";
import { problemOf } from "../../problems";
import type { App, WebContext } from "../../web-context";
const day = z.iso.date();
const body = z.object({
  deputy: z.string().min(1).max(300),
  from: day.or(z.literal("")).default(""),
  until: day,
});

/** Registers the page "I am away", for approvers. */
export function awayPages(app: App, context: WebContext): void {
  const pageOf = async (person: Person, problem?: string) => {
    const absence = await readAbsence(context, person);
    const mayName = isFresh(person.authenticatedAt, context.now());
    return {
      title: "I am away",
      person,
      content: <AwayPage absence={absence} isFresh={mayName} problem={problem} />,
    };
  };

  app.get("/away", { schema: { hide: true } }, async (request, reply) => {
    const person = await personOrLogIn(context, request, reply);
    if (person === undefined) return reply;
    insistOnRole(person, "approver");
    return sendPage(reply, await pageOf(person));
  });

  app.post("/away", { schema: { hide: true, body } }, async (request, reply) => {
    insistOnOwnOrigin(context, request);
    const person = await personOrLogIn(context, request, reply);
    if (person === undefined) return reply;
    const { deputy, from, until } = request.body;
    const absence = {
      deputy,
      ...(from === "" ? {} : { from: new Date(from) }),
      // The absence includes its last day.
      until: new Date(new Date(until).getTime() + dayMs),
    };
    try {
      await write(context, (writing) => setAbsence(context, writing, person, absence));
    } catch (error) {
      const problem = problemOf(error);
      if (problem === undefined || problem.status === 403) throw error;
      return sendPage(reply, { ...(await pageOf(person, problem.message)), status: problem.status });
    }
    return reply.redirect("/away", 303);
  });

  app.post("/away/end", { schema: { hide: true } }, async (request, reply) => {
    insistOnOwnOrigin(context, request);
    const person = await personOrLogIn(context, request, reply);
    if (person === undefined) return reply;
    await write(context, (writing) => endAbsence(context, writing, person));
    return reply.redirect("/away", 303);
  });
}
