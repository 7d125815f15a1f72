import { type Operation, operations } from "./vocabulary";

/** A request that arrived. */
export interface RequestRecord {
  operation: Operation;
  method: string;
  /** The path, with the query parameters that the contract knows. */
  path: string;
  /** The name of the tenant that it is about; absent where it is about none, or none that there ever was. */
  tenant?: string;
  /** The status that was answered; absent while there is no answer, and for good where the connection was reset. */
  status?: number;
  /** When it arrived, ISO 8601 with milliseconds. */
  at: string;
  /** What the contract names of the request's body, integers as `bigint`; never a credential. */
  body?: unknown;
}

/** How many requests arrived, by operation. */
export type RequestCounts = Record<Operation, number>;

/** What arrived since the start or the last reset. */
export class Journal {
  #records: RequestRecord[] = [];

  /** Writes a request down; the caller fills in `status` when it answers. */
  record(operation: Operation, method: string, path: string): RequestRecord {
    const record: RequestRecord = { operation, method, path, at: new Date().toISOString() };
    this.#records.push(record);
    return record;
  }

  counts(): RequestCounts {
    const counts = Object.fromEntries(operations.map((operation) => [operation, 0])) as RequestCounts;
    for (const { operation } of this.#records) {
      counts[operation] += 1;
    }
    return counts;
  }

  records(): RequestRecord[] {
    return this.#records.map((record) => ({ ...record }));
  }

  reset(): void {
    this.#records = [];
  }
}

const loggedFields = new Set([
  "name",
  "cells",
  "cell",
  "scopes",
  "auth_method",
  "type",
  "alg",
  "kid",
  "e",
  "n",
  "x",
  "y",
]);
const loggedParameters = ["grant_type", "client_assertion_type", "client_id", "scope"];
const loggedQuery = ["limit", "after_id"];

/** Copies a request's JSON with nothing but the fields the contract names: any other could hold a credential. */
export function toLoggedJson(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map(toLoggedJson);
  }
  if (typeof value === "object" && value !== null) {
    return Object.fromEntries(
      Object.entries(value)
        .filter(([key]) => loggedFields.has(key))
        .map(([key, child]) => [key, toLoggedJson(child)]),
    );
  }
  return value;
}

/** Copies a token request's form without its credentials. */
export function toLoggedForm(form: URLSearchParams): Record<string, string> {
  return Object.fromEntries([...form].filter(([name]) => loggedParameters.includes(name)));
}

/** Gives a request's path with the query parameters of the contract only. */
export function toLoggedPath(url: string): string {
  const [path = "", query = ""] = url.split("?", 2);
  const kept = new URLSearchParams(
    [...new URLSearchParams(query)].filter(([name]) => loggedQuery.includes(name)),
  );
  return kept.size === 0 ? path : `${path}?${kept.toString()}`;
}
