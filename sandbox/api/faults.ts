import { z } from "zod";

import { type Operation, operations } from "./vocabulary";

/** Parses a fault to inject. */
export const faultSchema = z
  .strictObject({
    /** The operation that fails; `*` for any. */
    operation: z.enum([...operations, "*"]),
    /** A regular expression that the request's path must also match: `/tenants/<id>/applications$`; default any. */
    path: z.string().refine(isRegularExpression, "must be a regular expression").optional(),
    /** What the request must be about, as {@link Control.nameSubjects} names it; default any. */
    subject: z.string().optional(),
    /** The first matching request that fails, counted from 1 when the fault is added; default 1. */
    nth: z.number().int().positive().default(1),
    /** How many matching requests in a row fail; default 1. */
    times: z.union([z.number().int().positive(), z.literal(Infinity)]).default(1),
    /**
     * - `status`: answers with `status`, `headers` and `body` instead of doing anything.
     * - `latency`: waits `latencyMs`, then goes on as usual.
     * - `reset-before`: resets the connection before doing anything.
     * - `reset-after`: carries the operation out, then resets the connection without an answer.
     * - `hang`: never answers, and does nothing.
     * - `half-body`: carries the operation out, sends half of the answer's body, then closes the connection.
     * - `garbage-body`: carries the operation out, then answers with the right status and `body`, which is not JSON.
     */
    kind: z.enum(["status", "latency", "reset-before", "reset-after", "hang", "half-body", "garbage-body"]),
    /** The status of the kind `status`; default 503. */
    status: z.number().int().min(200).max(599).default(503),
    /** Further headers of the kind `status`. */
    headers: z.record(z.string(), z.string()).default({}),
    /** The body of the kinds `status` and `garbage-body`; an empty text is no body. */
    body: z.string().optional(),
    /** The content type of `body`; default `application/json`. */
    contentType: z.string().optional(),
    /** The delay before anything else, for every kind, in milliseconds; default 0. */
    latencyMs: z.number().nonnegative().default(0),
    /** Whether to execute the operation first, for the kinds `status` and `hang`; default false. */
    carriedOut: z.boolean().default(false),
  })
  .refine((fault) => fault.kind !== "latency" || fault.latencyMs > 0, {
    path: ["latencyMs"],
    message: "a fault of the kind latency needs latencyMs, in milliseconds",
  });

function isRegularExpression(text: string): boolean {
  try {
    new RegExp(text);
    return true;
  } catch {
    return false;
  }
}

export type FaultInput = z.input<typeof faultSchema>;
export type Fault = z.output<typeof faultSchema>;

/** The planned faults. A request that the rate limit refuses does not reach them. */
export class FaultPlan {
  #faults: { fault: Fault; seen: number }[] = [];

  add(fault: Fault): void {
    this.#faults.push({ fault, seen: 0 });
  }

  clear(): void {
    this.#faults = [];
  }

  /**
   * Counts a request for every fault that matches it.
   *
   * @param path - without its query
   * @param subject - what the request is about, if it is about anything
   * @returns the oldest fault that is due, or undefined
   */
  take(operation: Operation, path: string, subject?: string): Fault | undefined {
    let due: Fault | undefined;
    for (const entry of this.#faults) {
      const { fault } = entry;
      const isOfOperation = fault.operation === operation || fault.operation === "*";
      const isOfSubject = fault.subject === undefined || fault.subject === subject;
      if (isOfOperation && isOfSubject && new RegExp(fault.path ?? "").test(path)) {
        entry.seen += 1;
        if (entry.seen >= fault.nth && entry.seen < fault.nth + fault.times) {
          due ??= fault;
        }
      }
    }
    return due;
  }
}
