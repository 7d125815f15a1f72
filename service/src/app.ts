import cookie from "@fastify/cookie";
import formbody from "@fastify/formbody";
import swagger from "@fastify/swagger";
import fastify, { type FastifyRequest } from "fastify";
import { createJsonSchemaTransform, type ZodTypeProvider } from "fastify-type-provider-zod";
import { z } from "zod";

import { sendProblemPage } from "./http/answer";
import { type Caller, identifyCaller, personOfSession } from "./http/caller";
import { describeError } from "./http/log";
import { insistOnPlainInput } from "./http/plain-input";
import { invalidInput, problemOf, sendProblem } from "./http/problems";
import { recordRefusal, routeOf } from "./http/refusals";
import { absenceRoutes } from "./http/routes/absence";
import { auditRoutes } from "./http/routes/audit";
import { customerRoutes } from "./http/routes/customers";
import { healthRoutes } from "./http/routes/health";
import { logInRoutes } from "./http/routes/log-in";
import { meRoute } from "./http/routes/me";
import { noticeRoutes } from "./http/routes/notices";
import { administrationPages } from "./http/routes/pages/administration";
import { approvalPages } from "./http/routes/pages/approvals";
import { askPages } from "./http/routes/pages/ask";
import { assetRoutes } from "./http/routes/pages/assets";
import { auditPages } from "./http/routes/pages/audit";
import { awayPages } from "./http/routes/pages/away";
import { customerPages } from "./http/routes/pages/customers";
import { duePages } from "./http/routes/pages/due";
import { homeRoutes } from "./http/routes/pages/home";
import { requestPages } from "./http/routes/pages/requests";
import { searchPages } from "./http/routes/pages/search";
import { pauseRoutes } from "./http/routes/pause";
import { requestRoutes } from "./http/routes/requests";
import { upkeepRoutes } from "./http/routes/upkeep";
import { apiRoot, type App, type WebContext } from "./http/web-context";
import { Problem } from "./problem";

/** The largest body, in bytes: enough for a batch of a hundred customers. */
const bodyLimit = 512 * 1024;

/** Creates the service's HTTP server; `listen` starts it. */
export async function createApp(context: WebContext): Promise<App> {
  const app: App = fastify({
    bodyLimit,
    // The service has its own log: Fastify's contains addresses and query strings.
    logger: false,
    routerOptions: { ignoreTrailingSlash: true },
    requestTimeout: 60_000,
    forceCloseConnections: true,
  }).withTypeProvider<ZodTypeProvider>();
  app.setValidatorCompiler<z.ZodType>(({ schema, httpPart }) => (data) => {
    const parsed = schema.safeParse(data ?? {});
    // An invalid id in the path means that nothing exists there.
    if (!parsed.success && httpPart === "params")
      return { error: new Problem("notFound", "There is nothing at this address.") };
    return parsed.success ? { value: parsed.data } : { error: invalidInput(parsed.error) };
  });
  app.setSerializerCompiler(() => writeJson);
  app.decorateRequest("caller");
  app.decorateRequest("isRefusalRecorded", false);
  observe(app, context);
  app.addHook("preValidation", (request, _reply, done) => {
    insistOnPlainInput(request);
    done();
  });

  app.setErrorHandler(async (error, request, reply) => {
    const problem = problemOf(error);
    if (problem === undefined) {
      context.log("error", "failed", { route: routeOf(request), ...describeError(error) });
      return reply.code(500).type("application/problem+json").serializer(JSON.stringify).send({
        type: "about:blank",
        title: "The service failed",
        status: 500,
        detail: "The service failed. Nothing is lost: try again with the same Idempotency-Key.",
      });
    }
    await recordRefusal(context, request, problem);
    if (wantsPage(request)) {
      const person = await personOfSession(context, request).catch(() => undefined);
      return sendProblemPage(reply, problem, person, backOf(request));
    }
    return sendProblem(request, reply, problem);
  });
  app.setNotFoundHandler((request, reply) =>
    sendProblem(request, reply, new Problem("notFound", `This address does not support ${request.method}.`)),
  );

  await app.register(cookie);
  await app.register(formbody, { bodyLimit: 512 * 1024 });
  await app.register(swagger, {
    openapi: {
      openapi: "3.1.0",
      info: {
        title: "Provisioning service",
        description: "Requests, approvals, and the system of record of tenants.",
        version: "1",
      },
      components: {
        securitySchemes: {
          bearer: { type: "http", scheme: "bearer", bearerFormat: "JWT" },
          session: { type: "apiKey", in: "cookie", name: "session" },
        },
      },
      security: [{ bearer: [] }, { session: [] }],
    },
    transform: createJsonSchemaTransform({ zodToJsonConfig: { unrepresentable: "any" } }),
  });

  await app.register(
    (api, _options, done) => {
      api.addHook("onRequest", async (request, reply) => {
        void reply.header("cache-control", "no-store");
        request.caller = await identifyCaller(context, request);
      });
      for (const routes of [
        requestRoutes,
        customerRoutes,
        auditRoutes,
        upkeepRoutes,
        pauseRoutes,
        meRoute,
        absenceRoutes,
        noticeRoutes,
      ])
        routes(api.withTypeProvider<ZodTypeProvider>(), context);
      done();
    },
    { prefix: apiRoot },
  );
  app.get(`${apiRoot}/openapi.json`, { schema: { hide: true } }, () => app.swagger());
  healthRoutes(app, context);
  for (const pages of [
    assetRoutes,
    homeRoutes,
    askPages,
    requestPages,
    customerPages,
    auditPages,
    searchPages,
    duePages,
    awayPages,
    administrationPages,
    approvalPages,
    logInRoutes,
  ])
    pages(app, context);
  await app.ready();
  return app;
}

/** A member without a value is left out. */
function writeJson(data: unknown): string {
  return JSON.stringify(data, (_key, value: unknown) => (value === null ? undefined : value));
}

/** Returns whether a browser will show the response to a person. */
function wantsPage({ url, headers }: FastifyRequest): boolean {
  return !url.startsWith(apiRoot) && (headers.accept ?? "").includes("text/html");
}

/** Returns the page that contained a form. */
function backOf({ url, method }: FastifyRequest): string {
  return method === "POST" ? url.replace(/\/[^/]*$/, "") || "/" : "/";
}

function observe(app: App, { log, metrics, settings }: WebContext): void {
  // A form may be redirected to the issuer's page, which this policy also governs.
  const forms = `'self' ${new URL(settings.identity.issuer).origin}`;
  app.addHook("onSend", (_request, reply, payload, done) => {
    void reply.headers({
      "x-content-type-options": "nosniff",
      // Not no-referrer: browsers then send forms with the origin `null`.
      "referrer-policy": "same-origin",
      "x-frame-options": "DENY",
      "content-security-policy": `default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'; form-action ${forms}`,
    });
    done(null, payload);
  });
  app.addHook("onResponse", (request, reply, done) => {
    const route = routeOf(request);
    const milliseconds = Math.round(reply.elapsedTime);
    metrics.answered(route, reply.statusCode, reply.elapsedTime / 1_000);
    const caller = request.caller as Caller | undefined;
    const { id } = (request.params ?? {}) as { id?: string };
    const isId = id !== undefined && /^[0-9a-f-]{36}$/.test(id);
    log("info", "answered", {
      route,
      status: reply.statusCode,
      milliseconds,
      person: caller?.person.id,
      request: isId ? id : undefined,
    });
    done();
  });
}
