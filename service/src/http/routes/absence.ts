import { z } from "zod";

import { endAbsence, longestAbsenceDays, readAbsence, setAbsence } from "../../actions/absence";
import { write } from "../../records/database";
import { problemSchema } from "../problems";
import type { App, WebContext } from "../web-context";

const person = z.object({ id: z.string(), name: z.string().optional() });
const time = z.iso.datetime({ offset: true });

const absenceView = z
  .object({
    from: time.optional(),
    until: time.optional(),
    deputy: person.optional(),
    deputyFor: z
      .array(person.extend({ until: time }))
      .describe("Absent approvers who have named you: you can approve what they could."),
    deputies: z.array(person).describe("The approvers whom you can name."),
  })
  .describe("`from`, `until` and `deputy` are missing if you have not named a deputy.");
type AbsenceAnswer = z.output<typeof absenceView>;

const tags = ["me"];
const refusals = { 400: problemSchema, 401: problemSchema, 403: problemSchema };

/** Registers the routes of deputies. */
export function absenceRoutes(app: App, context: WebContext): void {
  const read = async (caller: Parameters<typeof readAbsence>[1]): Promise<AbsenceAnswer> => {
    const { own, ...rest } = await readAbsence(context, caller);
    return { ...own, ...rest };
  };

  app.get(
    "/me/absence",
    {
      schema: {
        tags,
        summary: "Read your absence, and whose deputy you are",
        operationId: "readAbsence",
        response: { 200: absenceView, 401: problemSchema },
      },
    },
    (request) => read(request.caller.person),
  );

  app.put(
    "/me/absence",
    {
      schema: {
        tags,
        summary: "Name a deputy while you are away",
        description:
          "The deputy, another approver, can decide meanwhile what your groups can, and gets the mails. A deputy cannot decide on your requests or their own, and you count as one person. This replaces an earlier deputy. You must have logged in within the last 15 minutes.",
        operationId: "setAbsence",
        body: z.strictObject({
          from: time.optional().describe("Default: now."),
          until: time.describe(`At most ${longestAbsenceDays} days later.`),
          deputy: z.string().min(1).max(300).describe("An approver: the id here, the `sub`, or the address."),
        }),
        response: { 200: absenceView, ...refusals },
      },
    },
    async (request) => {
      const { person: caller } = request.caller;
      const { from, until, deputy } = request.body;
      const input = {
        deputy,
        until: new Date(until),
        ...(from === undefined ? {} : { from: new Date(from) }),
      };
      await write(context, (writing) => setAbsence(context, writing, caller, input));
      return read(caller);
    },
  );

  app.delete(
    "/me/absence",
    {
      schema: {
        tags,
        summary: "End your absence",
        operationId: "endAbsence",
        response: { 200: absenceView, 401: problemSchema, 404: problemSchema },
      },
    },
    async (request) => {
      const { person: caller } = request.caller;
      await write(context, (writing) => endAbsence(context, writing, caller));
      return read(caller);
    },
  );
}
