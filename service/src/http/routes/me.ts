import { z } from "zod";

import { isMachine, roles } from "../../person";
import { problemSchema } from "../problems";
import type { App } from "../web-context";

/** Registers the route that returns how the service sees the caller. */
export function meRoute(app: App): void {
  app.get(
    "/me",
    {
      schema: {
        tags: ["me"],
        summary: "Read how the service sees you",
        operationId: "readMe",
        response: {
          200: z.object({
            id: z.string(),
            name: z.string().optional(),
            roles: z.array(z.enum(roles)),
            groups: z.array(z.string()),
            isMachine: z.boolean().describe("A machine can send requests, but cannot approve."),
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
