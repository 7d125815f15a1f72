import { reasonSchema } from "pulumi-resistant-tenants/internal/reason";
import { type Stage, stages } from "pulumi-resistant-tenants/internal/vocabulary";
import { z } from "zod";

import { listNotices } from "../../../notices/list";
import { AdministrationPage } from "../../../page/administration-page";
import { stagesOffered } from "../../../page/fields";
import { personOrLogIn, sendPage } from "../../answer";
import { insistOnOwnOrigin, insistOnRole } from "../../caller";
import type { App, WebContext } from "../../web-context";
import { readPauses, setPause } from "../pause";

const noticesAtOnce = 50;
const body = z.object({
  stage: z.preprocess((value) => (value === "" ? undefined : value), z.enum(stages).optional()),
  paused: z.enum(["yes", "no"]),
  reason: reasonSchema,
});

/** Registers the pages for pausing work, and for undelivered notices. */
export function administrationPages(app: App, context: WebContext): void {
  app.get("/administration", { schema: { hide: true } }, async (request, reply) => {
    const person = await personOrLogIn(context, request, reply);
    if (person === undefined) return reply;
    insistOnRole(person, "administrator", "auditor");
    const [{ pauses }, { items: failed }] = await Promise.all([
      readPauses(context),
      listNotices(context, { state: "failed", limit: noticesAtOnce }),
    ]);
    const offered: Stage[] = stagesOffered(context.settings.stages);
    const mayPause = person.roles.includes("administrator");
    const content = (
      <AdministrationPage pauses={pauses} failed={failed} stages={offered} mayPause={mayPause} />
    );
    return sendPage(reply, { title: "Administration", person, content });
  });

  app.post("/administration/pause", { schema: { hide: true, body } }, async (request, reply) => {
    insistOnOwnOrigin(context, request);
    const person = await personOrLogIn(context, request, reply);
    if (person === undefined) return reply;
    insistOnRole(person, "administrator");
    const { paused, ...rest } = request.body;
    await setPause(context, person, { ...rest, paused: paused === "yes" });
    return reply.redirect("/administration", 303);
  });
}
