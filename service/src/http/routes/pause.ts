import { reasonSchema } from "pulumi-resistant-tenants/internal/reason";
import { type Stage, stages } from "pulumi-resistant-tenants/internal/vocabulary";
import { z } from "zod";

import { append } from "../../audit/chain";
import { type Person, roles } from "../../person";
import { write } from "../../records/database";
import { insistOnRole } from "../caller";
import { problemSchema } from "../problems";
import type { App, WebContext } from "../web-context";

/** The entry for every stage in the table of pauses. */
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

/** Registers the routes that pause the applies of a stage, or all. */
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
        description: "No apply starts while paused; a running one finishes.",
        operationId: "pause",
        body: z.strictObject({
          stage: z.enum(stages).optional().describe("Default: every stage."),
          paused: z.boolean(),
          reason: reasonSchema,
        }),
        response: { 200: pauseView, 400: problemSchema, 401: problemSchema, 403: problemSchema },
      },
    },
    async (request) => {
      const { person } = request.caller;
      insistOnRole(person, "administrator");
      await setPause(context, person, request.body);
      return await readPauses(context);
    },
  );
}

/** Pauses or resumes the applies of a stage, or all, and records it. The caller's role has been checked. */
export async function setPause(
  context: Pick<WebContext, "database" | "now">,
  person: Person,
  { stage, paused, reason }: { stage?: Stage | undefined; paused: boolean; reason: string },
): Promise<void> {
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
}

/** Reads what is paused, by whom and why. */
export async function readPauses({ database }: WebContext): Promise<PauseView> {
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
