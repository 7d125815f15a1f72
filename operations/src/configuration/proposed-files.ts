import { execFile } from "node:child_process";
import { mkdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";

import { messageOf } from "pulumi-resistant-tenants/client";

import { UsageError } from "../usage";

/** A file as a commit holds it. */
interface CommittedFile {
  /** Relative to the project's folder. */
  file: string;
  /** git's: `100644` for a plain file, `120000` for a link. */
  mode: string;
  object: string;
  sizeBytes: number;
}

const largestAnswerBytes = 64_000_000;

/**
 * Puts the files of customers that a commit holds in the place of those in the working tree. They are read from git's
 * objects: nothing of the commit is checked out, so nothing of it but these files can be run or read.
 *
 * @param pattern the reviewed `tenants:customersFrom`; the commit's own does not count
 * @param commit a commit, or what names one: `origin/add-acme`
 * @param folder the project's, in a git repository that has the commit
 * @returns Resolves with the files that were put there, sorted.
 * @throws {@link UsageError} where git does not know the commit
 * @throws where a file of the commit is a link, or one that is not read as a customer's. Nothing is changed then.
 */
export async function takeCustomerFiles(pattern: string, commit: string, folder: string): Promise<string[]> {
  const { matchingFiles, matchesPattern, tooManyFiles } =
    await import("resistant-tenants-stacks/customer-files");
  const proposed = (await committedFiles(commit, folder)).filter(({ file }) => matchesPattern(file, pattern));
  const tooMany = tooManyFiles(pattern, proposed.length);
  if (tooMany !== undefined) throw refused([tooMany]);
  const problems = await Promise.all(proposed.map(problemOf));
  if (problems.some((problem) => problem !== undefined))
    throw refused(problems.flatMap((problem) => problem ?? []));

  for (const file of matchingFiles(pattern, folder)) await rm(path.join(folder, file));
  for (const { file, object } of proposed) {
    const target = path.join(folder, file);
    await mkdir(path.dirname(target), { recursive: true });
    await writeFile(target, await git(folder, "cat-file", "blob", object), { flag: "wx" });
  }
  return proposed.map(({ file }) => file).sort();
}

async function problemOf({ file, mode, sizeBytes }: CommittedFile): Promise<string | undefined> {
  const { customerFileProblem } = await import("resistant-tenants-stacks/customer-files");
  const isPlain = mode === "100644" || mode === "100755";
  const problem = isPlain ? customerFileProblem(file, sizeBytes) : "is a link: write the customer here";
  return problem === undefined ? undefined : `${file}: ${problem}`;
}

function refused(problems: readonly string[]): Error {
  return new Error(["Nothing was taken:", ...problems.map((problem) => `- ${problem}`)].join("\n"));
}

/** Lists the files of a commit below a folder. */
async function committedFiles(commit: string, folder: string): Promise<CommittedFile[]> {
  const known = await git(
    folder,
    "rev-parse",
    "--verify",
    "--quiet",
    "--end-of-options",
    `${commit}^{commit}`,
  ).catch((error: unknown) => {
    throw new UsageError(`git knows no commit "${commit}" here: fetch it, or correct --commit`, {
      cause: error,
    });
  });
  const listed = await git(folder, "ls-tree", "-r", "-z", "-l", known.toString().trim());
  return listed
    .toString()
    .split("\0")
    .filter((entry) => entry !== "")
    .map((entry) => {
      // `<mode> blob <object> <size><tab><file>`: a file's name may hold tabs.
      const tab = entry.indexOf("\t");
      const [mode = "", , object = "", size = ""] = entry.slice(0, tab).split(/ +/);
      return { file: entry.slice(tab + 1), mode, object, sizeBytes: Number(size) };
    });
}

async function git(folder: string, ...args: string[]): Promise<Buffer> {
  try {
    const options = { cwd: folder, encoding: "buffer", maxBuffer: largestAnswerBytes } as const;
    return (await promisify(execFile)("git", args, options)).stdout;
  } catch (error) {
    throw new Error(`git ${args[0] ?? ""} failed: ${messageOf(error)}`, { cause: error });
  }
}
