import { z } from "zod";

import { isMachine, roles } from "../../identity/person";
import type { App } from "../app";
import { problemSchema } from "../problems";

/** Who the service takes the caller for. */
export function meRoute(app: App): void {
  app.get(
    "/me",
    {
      schema: {
        tags: ["me"],
        summary: "Who you are to the service",
        operationId: "readMe",
        response: {
          200: z.object({
            id: z.string(),
            name: z.string().optional(),
            roles: z.array(z.enum(roles)),
            groups: z.array(z.string()),
            isMachine: z.boolean().describe("A machine may request, and never approves."),
            authenticatedAt: z.string().optional(),
          }),
          401: problemSchema,
        },
      },
    },
    (request) => {
      const { person } = request.caller;
      return {
        id: person.id,
        ...(person.name === undefined ? {} : { name: person.name }),
        roles: [...person.roles],
        groups: [...person.groups],
        isMachine: isMachine(person),
        ...(person.authenticatedAt === undefined
          ? {}
          : { authenticatedAt: person.authenticatedAt.toISOString() }),
      };
    },
  );
}
