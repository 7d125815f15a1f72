import { rotationsDue } from "../../../customers/rotations";
import { sprawl } from "../../../customers/sprawl";
import { DuePage } from "../../../page/due-page";
import { roles } from "../../../person";
import { personOrLogIn, sendPage } from "../../answer";
import { insistOnRole } from "../../caller";
import type { App, WebContext } from "../../web-context";

/** Registers the page of sprawl and rotations. */
export function duePages(app: App, context: WebContext): void {
  app.get("/due", { schema: { hide: true } }, async (request, reply) => {
    const person = await personOrLogIn(context, request, reply);
    if (person === undefined) return reply;
    insistOnRole(person, ...roles);
    const [findings, rotations] = await Promise.all([sprawl(context), rotationsDue(context)]);
    const mayAsk = person.roles.includes("requester");
    const content = <DuePage findings={findings} rotations={rotations} mayAsk={mayAsk} />;
    return sendPage(reply, { title: "Due", person, content });
  });
}
