import { existsSync, lstatSync, readdirSync, readFileSync, realpathSync, statSync } from "node:fs";
import path from "node:path";

import type { ConfigurationProblem } from "pulumi-resistant-tenants/internal/settings";
import { messageOf } from "pulumi-resistant-tenants/internal/vocabulary";

import { shown } from "./problems";
import { readYaml, YamlError } from "./yaml-file";

/** One customer as written, before any check. */
export interface CustomerEntry {
  value: unknown;
  /** Its path in problems: `tenants:customers[57]`, `customers/acme.yaml[0]`. */
  path: string;
  /** Its place for people: `customers[57]` and `Pulumi.prod.yaml line 412`. Called only for entries with problems. */
  at: () => string[];
}

/** The customers in files, and the problems of the files. */
export interface CustomerFiles {
  entries: CustomerEntry[];
  problems: ConfigurationProblem[];
}

const mostFiles = 5_000;
const largestFileBytes = 1_000_000;
const key = "tenants:customersFrom";

/**
 * Reads the files that match `tenants:customersFrom`, in the order of their names.
 *
 * @param pattern relative to the project's folder: `customers/*.yaml`
 * @param folder the folder of `Pulumi.yaml`
 */
export function readCustomerFiles(pattern: string, folder: string): CustomerFiles {
  const problem = patternProblem(pattern);
  if (problem !== undefined) return failed(key, `"${shown(pattern)}" ${problem}`);
  const files = matchingFiles(pattern, folder);
  if (files.length === 0) return failed(key, `"${shown(pattern)}" matches no file in ${folder}`);
  const tooMany = tooManyFiles(pattern, files.length);
  if (tooMany !== undefined) return failed(key, tooMany);
  const read = files.map((file) => readCustomerFile(file, folder));
  return {
    entries: read.flatMap(({ entries }) => entries),
    problems: read.flatMap(({ problems }) => problems),
  };
}

/** Returns the problem of a pattern; undefined if there is none. */
export function patternProblem(pattern: string): string | undefined {
  if (path.isAbsolute(pattern) || /^[A-Za-z]:|\\/.test(pattern)) {
    return "must be relative to Pulumi.yaml, with / between folders";
  }
  if (pattern.split("/").includes("..")) return "must stay in the project: it must not contain ..";
  return /\.ya?ml$/.test(pattern) ? undefined : "must end with .yaml or .yml";
}

/** Returns whether a path, relative to the project's folder, matches a pattern. */
export function matchesPattern(file: string, pattern: string): boolean {
  return toRegExp(pattern).test(file) && !file.split("/").includes("node_modules");
}

/**
 * Returns why a file is not read as a customer's, judged by its path and size. A pull request's files are stored under
 * the reviewed pattern before its preview: none of them may be a file that the engine, git or a workflow reads.
 *
 * @param file its path relative to the project's folder
 * @param sizeBytes its size
 * @returns undefined if it is read
 */
export function customerFileProblem(file: string, sizeBytes: number): string | undefined {
  const names = file.split("/");
  if (names.some((name) => name.startsWith("."))) return "is hidden, or in a hidden folder: put it elsewhere";
  if (/^Pulumi(?:Policy|Plugin)?\./i.test(names.at(-1) ?? ""))
    return "has a name that the engine uses: choose another";
  return sizeBytes > largestFileBytes
    ? `has ${sizeBytes} bytes; at most ${largestFileBytes} are read`
    : undefined;
}

/** Reports that a pattern matches more files than are read; undefined if it does not. */
export function tooManyFiles(pattern: string, count: number): string | undefined {
  return count > mostFiles
    ? `"${shown(pattern)}" matches ${count} files; at most ${mostFiles} are read`
    : undefined;
}

/** Lists the files that match a pattern, relative to the folder, sorted by name, including links. */
export function matchingFiles(pattern: string, folder: string): string[] {
  const names = pattern.split("/");
  const fixed = names.slice(0, -1).findIndex((name) => /[*?]/.test(name));
  const start = names.slice(0, fixed === -1 ? names.length - 1 : fixed);
  return filesBelow(
    path.join(folder, ...start),
    names.includes("**") ? Infinity : names.length - start.length,
  )
    .map((file) => path.relative(folder, file).split(path.sep).join("/"))
    .filter((file) => matchesPattern(file, pattern))
    .sort();
}

function filesBelow(folder: string, depth: number): string[] {
  if (depth < 1 || statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) return [];
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const file = path.join(folder, entry.name);
    if (entry.isDirectory()) return entry.name === "node_modules" ? [] : filesBelow(file, depth - 1);
    return [file];
  });
}

function toRegExp(pattern: string): RegExp {
  const parts = pattern
    .replace(/^\.\//, "")
    .split("/")
    .map((part) =>
      part === "**"
        ? "(?:[^/]+/)*"
        : `${part
            .replace(/[.+^${}()|[\]\\]/g, "\\$&")
            .replaceAll("*", "[^/]*")
            .replaceAll("?", "[^/]")}/`,
    );
  return new RegExp(`^${parts.join("").replace(/\/$/, "")}$`);
}

function readCustomerFile(file: string, folder: string): CustomerFiles {
  const whole = path.join(folder, file);
  try {
    const problem = fileProblem(whole, folder, file);
    if (problem !== undefined) return failed(file, problem);
    return parseCustomerFile(readFileSync(whole, "utf8"), file);
  } catch (error) {
    return failed(file, error instanceof YamlError ? error.problem : `cannot be read: ${messageOf(error)}`);
  }
}

/** A file of the repository may be a link to anything on the machine that reads it. */
function fileProblem(whole: string, folder: string, file: string): string | undefined {
  if (!existsSync(whole)) return "is a link to a file that does not exist: remove it, or correct it";
  const real = realpathSync(whole);
  if (!real.startsWith(realpathSync(folder) + path.sep))
    return "is a link out of the project: put the customer itself here";
  const status = lstatSync(real);
  if (!status.isFile()) return "is not a file";
  return customerFileProblem(file, status.size);
}

/**
 * Parses one file of customers.
 *
 * @param file its path relative to the project's folder
 * @throws {@link YamlError} if it is not YAML
 */
export function parseCustomerFile(text: string, file: string): CustomerFiles {
  const { value, lineOf } = readYaml(text, file);
  const isList = Array.isArray(value);
  const values: unknown[] = isList ? value : [value];
  if (values.length === 0 || value === null) {
    return failed(file, "contains no customer: write one or a list, or remove the file");
  }
  const entries = values.map((customer, index) => ({
    value: customer,
    path: `${file}[${index}]`,
    at: () => [`${file} line ${lineOf(isList ? [index] : []) ?? 1}`],
  }));
  return { entries, problems: [] };
}

function failed(path: string, problem: string): CustomerFiles {
  return { entries: [], problems: [{ path, problem }] };
}
