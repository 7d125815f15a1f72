import { printable } from "../client/text";

/** A problem of the configuration. */
export interface ConfigurationProblem {
  /** Where: `tenants:customers[0].name`, or `customers/acme.yaml[0].name`. */
  path: string;
  /** What is wrong, and how to correct it. Never the value of a secret. */
  problem: string;
  /** The customer in whose entry it is. */
  customer?: ProblemCustomer;
}

/** The customer that a problem is about, so that people can find it. */
export interface ProblemCustomer {
  /** Its name, if it has one. */
  name: string | undefined;
  /** The place of its entry: `customers[57]`, `Pulumi.prod.yaml line 412`. */
  at: readonly string[];
  /** What is wrong within the entry: `cells[1]`; empty for the entry as a whole. */
  field: string;
}

/** Writes problems for people: one per line, each with its path. */
export function describeProblems(problems: readonly ConfigurationProblem[]): string {
  const lines = problems.map((problem) => `  - ${describeProblem(problem)}`);
  const count = problems.length === 1 ? "1 problem" : `${problems.length} problems`;
  return `The stack configuration has ${count}; nothing was changed:\n${lines.join("\n")}`;
}

/** Writes one problem, with the customer first, if it is about one. */
export function describeProblem({ path, problem, customer }: ConfigurationProblem): string {
  if (customer === undefined) return `${printable(path)}: ${problem}`;
  const { name, at, field } = customer;
  const where = printable(at.join(", "));
  const who = name === undefined ? where : `customer "${name}" (${where})`;
  return `${who}: ${field === "" ? "" : `${field}: `}${problem}`;
}
