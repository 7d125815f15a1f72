import type { IncomingMessage, ServerResponse } from "node:http";

import type { FastifyBaseLogger, FastifyInstance, RawServerDefault } from "fastify";
import type { ZodTypeProvider } from "fastify-type-provider-zod";

import type { ServiceContext } from "../context";
import type { LogIn } from "../identity/log-in";
import type { Caller } from "./caller";
import type { EventFeed } from "./event-feed";
import type { ServiceLog } from "./log";
import type { Metrics } from "./metrics";
import type { UnknownCallers } from "./refusals";

/** What the routes need. */
export interface WebContext extends ServiceContext {
  readonly logIn: LogIn;
  readonly log: ServiceLog;
  readonly metrics: Metrics;
  readonly feed: EventFeed;
  readonly unknownCallers: UnknownCallers;
}

declare module "fastify" {
  interface FastifyRequest {
    /** The caller; set on every route below `/api/v1` except the API's description. */
    caller: Caller;
    /** Whether a refusal has already been recorded. */
    isRefusalRecorded: boolean;
  }
}

/** The service's application, whose routes are validated and described by zod. */
export type App = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  ZodTypeProvider
>;

/** The path of the API. */
export const apiRoot = "/api/v1";
