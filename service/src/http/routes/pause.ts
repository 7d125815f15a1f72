import { stages } from "pulumi-resistant-tenants/internal/vocabulary";
import { z } from "zod";

import { append } from "../../audit/chain";
import { roles } from "../../identity/person";
import { write } from "../../records/database";
import type { App, WebContext } from "../app";
import { insistOnRole } from "../caller";
import { problemSchema } from "../problems";

/** Every stage, in the table of pauses. */
const everyStage = "*";

const pauseView = z.object({
  paused: z.boolean().describe("Whether applies of any stage are paused."),
  pauses: z.array(
    z.object({
      stage: z.enum(stages).optional().describe("Absent: every stage."),
      reason: z.string(),
      pausedBy: z.object({ id: z.string(), name: z.string().optional() }),
      pausedAt: z.string(),
    }),
  ),
});
type PauseView = z.output<typeof pauseView>;

const tags = ["pause"];

/** The switch that holds all applies, or those of a stage. */
export function pauseRoutes(app: App, context: WebContext): void {
  app.get(
    "/pause",
    {
      schema: {
        tags,
        summary: "Read what is paused",
        operationId: "readPause",
        response: { 200: pauseView, 401: problemSchema, 403: problemSchema },
      },
    },
    (request) => {
      insistOnRole(request.caller.person, ...roles);
      return readPauses(context);
    },
  );

  app.put(
    "/pause",
    {
      schema: {
        tags,
        summary: "Pause or resume applies",
        description: "No apply starts while it is set; one that has started ends.",
        operationId: "pause",
        body: z.strictObject({
          stage: z.enum(stages).optional().describe("Default: every stage."),
          paused: z.boolean(),
          reason: z.string().trim().min(1).max(1000),
        }),
        response: { 200: pauseView, 400: problemSchema, 401: problemSchema, 403: problemSchema },
      },
    },
    async (request) => {
      const { person } = request.caller;
      insistOnRole(person, "administrator");
      const { stage, paused, reason } = request.body;
      await write(context, async (writing) => {
        await writing
          .deleteFrom("pauses")
          .where("stage", "=", stage ?? everyStage)
          .execute();
        if (paused) {
          const row = { stage: stage ?? everyStage, reason, paused_by: person.id, paused_at: context.now() };
          await writing.insertInto("pauses").values(row).execute();
        }
        const kind = paused ? "paused" : "resumed";
        await append(context, writing, { kind, actorId: person.id, stage, data: { reason } });
      });
      return await readPauses(context);
    },
  );
}

async function readPauses({ database }: WebContext): Promise<PauseView> {
  const rows = await database
    .selectFrom("pauses")
    .innerJoin("people", "people.id", "pauses.paused_by")
    .select(["pauses.stage", "pauses.reason", "pauses.paused_at", "people.id", "people.name"])
    .orderBy("pauses.stage")
    .execute();
  const pauses = rows.map(({ stage, reason, paused_at, id, name }) => ({
    ...(stage === everyStage ? {} : { stage: stage as (typeof stages)[number] }),
    reason,
    pausedBy: { id, ...(name === null ? {} : { name }) },
    pausedAt: paused_at.toISOString(),
  }));
  return { paused: pauses.length > 0, pauses };
}
