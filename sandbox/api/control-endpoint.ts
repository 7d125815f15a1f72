import type { FastifyInstance, FastifyReply } from "fastify";
import { z } from "zod";

import { ApiError } from "./answer";
import { cells } from "./cells";
import type { Control } from "./control";
import { writeExactJson } from "./exact-json";
import { faultSchema } from "./faults";
import { settingsChangeSchema } from "./settings";

/** The path of the control endpoint on its server. */
export const controlRoot = "/_control";

const cellsSchema = z.strictObject({ cells: z.array(z.enum(cells)) });
const keySchema = z.strictObject({ publicKeyPem: z.string(), keyId: z.string().min(1) });
const idSchema = z.object({ id: z.string() });

/**
 * Serves the control as JSON over HTTP, without `issuedSecrets` and `restoreTenant`: no response contains a credential.
 *
 * | request | does |
 * |---|---|
 * | `GET requests` | `{counts, log}` |
 * | `DELETE requests` | resets both |
 * | `POST faults`, `DELETE faults` | adds one, clears all |
 * | `POST configure` | changes settings |
 * | `GET tenants` | lists all tenants; the integers of public keys are exact JSON integers |
 * | `DELETE tenants/ID`, `DELETE applications/ID` | drift |
 * | `PUT tenants/ID/cells` | drift: `{cells}` |
 * | `POST organization-keys`, `DELETE organization-keys/ID` | `{publicKeyPem, keyId}` |
 * | `POST revoke-tokens` | makes all access tokens invalid |
 *
 * A request without a result returns 204, a wrong one 400 `{message}`, and an unknown id 404.
 */
export function serveControl(app: FastifyInstance, control: Control): void {
  app.get(`${controlRoot}/requests`, (_request, reply) =>
    sendJson(reply, { counts: control.requests(), log: control.requestLog() }),
  );
  app.get(`${controlRoot}/tenants`, (_request, reply) => sendJson(reply, control.tenants()));

  const act = (
    method: "POST" | "PUT" | "DELETE",
    path: string,
    action: (input: { id: string; body: unknown }) => void,
  ): void => {
    app.route({
      method,
      url: `${controlRoot}/${path}`,
      handler: (request, reply) => {
        const { id } = idSchema.partial().parse(request.params);
        try {
          action({ id: id ?? "", body: parsed(request.body) });
        } catch (error) {
          const { status, body } = refusalOf(error).toAnswer();
          return reply.code(status).send(body);
        }
        return reply.code(204).send();
      },
    });
  };

  act("DELETE", "requests", () => {
    control.resetRequests();
  });
  act("POST", "faults", ({ body }) => {
    control.addFault(faultSchema.parse(body));
  });
  act("DELETE", "faults", () => {
    control.clearFaults();
  });
  act("POST", "configure", ({ body }) => {
    control.configure(settingsChangeSchema.parse(body));
  });
  act("DELETE", "tenants/:id", ({ id }) => {
    control.deleteTenant(id);
  });
  act("DELETE", "applications/:id", ({ id }) => {
    control.deleteApplication(id);
  });
  act("PUT", "tenants/:id/cells", ({ id, body }) => {
    control.setCells(id, cellsSchema.parse(body).cells);
  });
  act("POST", "organization-keys", ({ body }) => {
    const { publicKeyPem, keyId } = keySchema.parse(body);
    control.registerOrganizationKey(publicKeyPem, keyId);
  });
  act("DELETE", "organization-keys/:id", ({ id }) => {
    control.removeOrganizationKey(id);
  });
  act("POST", "revoke-tokens", () => {
    control.revokeTokens();
  });
}

function sendJson(reply: FastifyReply, value: unknown): FastifyReply {
  return reply.type("application/json").send(writeExactJson(value));
}

function parsed(body: unknown): unknown {
  return typeof body === "string" && body !== "" ? (JSON.parse(body) as unknown) : undefined;
}

function refusalOf(error: unknown): ApiError {
  if (error instanceof ApiError) {
    return error;
  }
  if (error instanceof z.ZodError) {
    return new ApiError(
      400,
      error.issues.map(({ path, message }) => `${path.join(".")} ${message}`).join("; "),
    );
  }
  if (error instanceof SyntaxError) {
    return new ApiError(400, "the body is not valid JSON");
  }
  return new ApiError(400, error instanceof Error ? error.message : String(error));
}
