import { type Operation, operations } from "./vocabulary";

/** A received request. */
export interface RequestRecord {
  operation: Operation;
  method: string;
  /** The path, with the query parameters of the contract. */
  path: string;
  /** The name of the request's tenant; absent if there is none, or never was. */
  tenant?: string;
  /** What it is about, where {@link Control.nameSubjects} names that otherwise. */
  subject?: string | undefined;
  /** The response's status; absent until there is a response, or if the connection was reset. */
  status?: number;
  /** When it arrived, ISO 8601 with milliseconds. */
  at: string;
  /** The fields of the request's body that the contract names, integers as `bigint`; never a credential. */
  body?: unknown;
}

/** A request, for the name of what it is about. */
export interface NamedRequest {
  operation: Operation;
  /** The path, without its query. */
  path: string;
  body: string;
  /** The name of its tenant; absent if there is none, or never was. */
  tenant?: string | undefined;
}

/** Names what a request is about; undefined for nothing that has a name. */
export type SubjectOf = (request: NamedRequest) => string | undefined;

/** The number of requests, by operation. */
export type RequestCounts = Record<Operation, number>;

/** The requests since the start or the last reset. */
export class Journal {
  #records: RequestRecord[] = [];
  /** Names what a request is about. */
  subjectOf: SubjectOf = ({ tenant }) => tenant;

  /** Records a request; the caller fills in `status` when it responds. */
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

/** Copies only the fields of a request's JSON that the contract names: any other could contain a credential. */
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

/** Returns a request's path with only the query parameters of the contract. */
export function toLoggedPath(url: string): string {
  const [path = "", query = ""] = url.split("?", 2);
  const kept = new URLSearchParams(
    [...new URLSearchParams(query)].filter(([name]) => loggedQuery.includes(name)),
  );
  return kept.size === 0 ? path : `${path}?${kept.toString()}`;
}
