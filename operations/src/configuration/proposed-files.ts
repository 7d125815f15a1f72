import { execFile } from "node:child_process";
import { mkdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";

import { messageOf } from "pulumi-resistant-tenants/client";
import type { EnvironmentVariables } from "pulumi-resistant-tenants/internal/settings";

import { UsageError } from "../usage";

/** A file in a commit. */
export interface CommittedFile {
  /** Relative to the project's folder. */
  file: string;
  /** git's file mode: `100644` for a plain file, `120000` for a link. */
  mode: string;
  object: string;
  sizeBytes: number;
}

/** Where `git` is run. */
export interface Repository {
  /** A folder of a git repository that has the commit. */
  folder: string;
  environment: EnvironmentVariables;
}

const largestAnswerBytes = 64_000_000;

/**
 * Replaces the customers' files in the working tree with those of a commit. They are read from git's objects:
 * nothing is checked out, so no other file of the commit can be run or read.
 *
 * @param pattern the reviewed `tenants:customersFrom`; the commit's own is ignored
 * @param commit a commit or a name of one: `origin/add-acme`
 * @param repository its folder is the project's
 * @returns Resolves with the files that were written, sorted.
 * @throws {@link UsageError} if git does not know the commit
 * @throws if a file of the commit is a link, or is not readable as a customer's file; nothing is changed then
 */
export async function takeCustomerFiles(
  pattern: string,
  commit: string,
  repository: Repository,
): Promise<string[]> {
  const { folder } = repository;
  const { matchingFiles, matchesPattern, tooManyFiles } =
    await import("resistant-tenants-stacks/customer-files");
  const proposed = (await committedFiles(commit, repository)).filter(({ file }) =>
    matchesPattern(file, pattern),
  );
  const tooMany = tooManyFiles(pattern, proposed.length);
  if (tooMany !== undefined) throw refused([tooMany]);
  const problems = await Promise.all(proposed.map(problemOf));
  if (problems.some((problem) => problem !== undefined))
    throw refused(problems.flatMap((problem) => problem ?? []));

  for (const file of matchingFiles(pattern, folder)) await rm(path.join(folder, file));
  for (const { file, object } of proposed) {
    const target = path.join(folder, file);
    await mkdir(path.dirname(target), { recursive: true });
    await writeFile(target, await contentOf(object, repository), { flag: "wx" });
  }
  return proposed.map(({ file }) => file).sort();
}

async function problemOf({ file, mode, sizeBytes }: CommittedFile): Promise<string | undefined> {
  const { customerFileProblem } = await import("resistant-tenants-stacks/customer-files");
  const isPlain = mode === "100644" || mode === "100755";
  const problem = isPlain ? customerFileProblem(file, sizeBytes) : "is a link: put the customer itself here";
  return problem === undefined ? undefined : `${file}: ${problem}`;
}

function refused(problems: readonly string[]): Error {
  return new Error(["Nothing was used:", ...problems.map((problem) => `- ${problem}`)].join("\n"));
}

/** Reads the content of a git object. */
export function contentOf(object: string, repository: Repository): Promise<Buffer> {
  return git(repository, "cat-file", "blob", object);
}

/** Lists the files of a commit below a folder. */
export async function committedFiles(commit: string, repository: Repository): Promise<CommittedFile[]> {
  const known = await git(
    repository,
    "rev-parse",
    "--verify",
    "--quiet",
    "--end-of-options",
    `${commit}^{commit}`,
  ).catch((error: unknown) => {
    throw new UsageError(`git has no commit "${commit}" here: fetch it, or correct its name`, {
      cause: error,
    });
  });
  const listed = await git(repository, "ls-tree", "-r", "-z", "-l", known.toString().trim());
  return listed
    .toString()
    .split("\0")
    .filter((entry) => entry !== "")
    .map((entry) => {
      // `<mode> blob <object> <size><tab><file>`: a file name may contain tabs.
      const tab = entry.indexOf("\t");
      const [mode = "", , object = "", size = ""] = entry.slice(0, tab).split(/ +/);
      return { file: entry.slice(tab + 1), mode, object, sizeBytes: Number(size) };
    });
}

async function git({ folder, environment }: Repository, ...args: string[]): Promise<Buffer> {
  try {
    const options = {
      cwd: folder,
      env: environment,
      encoding: "buffer",
      maxBuffer: largestAnswerBytes,
    } as const;
    return (await promisify(execFile)("git", args, options)).stdout;
  } catch (error) {
    throw new Error(`git ${args[0] ?? ""} failed: ${messageOf(error)}`, { cause: error });
  }
}
