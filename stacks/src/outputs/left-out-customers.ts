import { type HeldResource, nameOfUrn } from "pulumi-resistant-tenants/internal/own-stack";
import { customerType, tenantType } from "pulumi-resistant-tenants/internal/resource-types";
import { customerOf } from "pulumi-resistant-tenants/internal/vocabulary";

import { findEngine, runningProcesses } from "../run/engine-process";

/** The variables of a run's environment. */
type Environment = Readonly<Record<string, string | undefined>>;

/** The part of a stack that an operation may change: URNs, or patterns of them, as the engine's options have them. */
export interface PartOfStack {
  /** A refresh that runs the program deletes nothing. */
  isRefresh: boolean;
  /** If there are any, nothing else is deleted. */
  targets: readonly string[];
  excludes: readonly string[];
}

/** The part of an operation without such options. */
export const wholeStack: PartOfStack = { isRefresh: false, targets: [], excludes: [] };

/** Returns the customers that the stack has and the program no longer declares: the engine deletes them after the program. */
export function undeclaredCustomers(held: readonly HeldResource[], declared: ReadonlySet<string>): string[] {
  return held
    .filter(({ type }) => type === tenantType)
    .map(({ urn }) => nameOfUrn(urn))
    .filter((name) => !declared.has(name));
}

/** Reads the part from the options of the engine that runs this program, which it does not pass on. */
export async function partOfOperation(environment: Environment): Promise<PartOfStack> {
  const engine = findEngine(await runningProcesses(), process.pid);
  return partIn(engine?.command ?? "", environment);
}

/** The short form, perhaps after switches, with its value unless that is the next word: `-t`, `-t=<URN>`, `-yt<URN>`. */
const shortTarget = /^-[defjQry]*t=?(.*)$/;

const operations = ["up", "update", "destroy", "refresh"];

/**
 * Reads the part from a command line of the engine, which also takes each option from the environment.
 *
 * @param command as `ps` shows it: a URN contains no space
 */
export function partIn(command: string, environment: Environment): PartOfStack {
  const words = command.split(/\s+/);
  const valuesOf = (option: string, short?: RegExp): string[] => {
    const variable = environment[`PULUMI_OPTION_${option.replaceAll("-", "_").toUpperCase()}`] ?? "";
    const given = words.flatMap((word, index) => {
      const attached = word.startsWith(`--${option}=`)
        ? word.slice(option.length + 3)
        : short?.exec(word)?.[1];
      return word === `--${option}` || attached === "" ? (words[index + 1] ?? []) : (attached ?? []);
    });
    return given.length === 0 && variable !== "" ? [variable] : given;
  };
  return {
    isRefresh: words.find((word) => operations.includes(word)) === "refresh",
    targets: [...valuesOf("target", shortTarget), ...valuesOf("target-replace")],
    excludes: valuesOf("exclude"),
  };
}

/**
 * Returns the undeclared customers whose tenants an operation leaves as they are. As the engine does, a target includes
 * what lies in it, and an exception also what it depends on.
 */
export function leftOutCustomers(
  undeclared: readonly string[],
  held: readonly HeldResource[],
  { isRefresh, targets, excludes }: PartOfStack,
): string[] {
  if (isRefresh) return [...undeclared];
  const isTarget = matcherOf(targets);
  const isExcluded = matcherOf(excludes);
  const names = new Set(undeclared);
  const targeted = new Set<string>();
  const excluded = new Set<string>();
  for (const { urn, type } of held) {
    const name = customerOf(nameOfUrn(urn));
    if (!names.has(name)) continue;
    if ((type === tenantType || type === customerType) && isTarget(urn)) targeted.add(name);
    if (isExcluded(urn)) excluded.add(name);
  }
  return undeclared.filter((name) => (targets.length > 0 ? !targeted.has(name) : excluded.has(name)));
}

/** `*` stands for anything within a part of a URN, `**` for anything at all. */
function matcherOf(patterns: readonly string[]): (urn: string) => boolean {
  const expressions = patterns.map((pattern) => {
    const parts = pattern.split("**").map((part) => part.split("*").map(escape).join("[^:]*"));
    return new RegExp(`^${parts.join(".*")}$`);
  });
  return (urn) => expressions.some((expression) => expression.test(urn));
}

function escape(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
}
