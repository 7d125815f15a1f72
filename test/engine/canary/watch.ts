import { readdirSync, readFileSync, statSync } from "node:fs";
import path from "node:path";

import { type Leak, type Needle, search, searchTexts } from "./needles";

/** How often temporary files and arguments are looked at while a command runs, in milliseconds. */
const intervalMs = 20;

/** How many looks a process is new for, and how many later ones skip it: it may become another program soon (exec). */
const newFor = 10;

/** Larger files are not read: none that the engine writes for a stack of a test is. */
const largestFile = 64 * 1024 * 1024;

/** Looks at temporary files and at arguments of processes while a command runs. */
export interface Watch {
  /** Ends it, and gives what was found. */
  end(): Leak[];
  /** Whether a file with this content, or a command line with this argument, was seen so far. */
  hasSeen(text: string): boolean;
  /** The programs whose arguments were seen: a watch that saw none shows nothing. */
  programs: ReadonlySet<string>;
}

/**
 * Starts to look at the files in a folder, which may be deleted again at once, and at the arguments of every process of
 * this machine.
 *
 * @param needles gives them anew at each look, for a run issues credentials while it is watched
 */
export function watch(folder: string, needles: () => readonly Needle[]): Watch {
  const texts = new Map<string, string>();
  const seen = new Map<string, string>();
  const programs = new Set<string>();
  const looks = new Map<string, number>();
  const look = (): void => {
    for (const line of commandLines(looks)) {
      const [program = ""] = line.split("\0");
      programs.add(path.basename(program));
      texts.set(line, `arguments of ${path.basename(program)}`);
    }
    for (const [file, text] of newFiles(folder, seen)) texts.set(text, `temporary file ${file}`);
  };
  const timer = setInterval(look, intervalMs);
  return {
    end: () => {
      clearInterval(timer);
      looks.clear();
      look();
      const all = needles();
      return [...texts].flatMap(([text, where]) =>
        (where.startsWith("arguments") ? searchTexts : search)(text, where, all),
      );
    },
    hasSeen: (text) => [...texts.keys()].some((seenText) => seenText.split("\0").includes(text)),
    programs,
  };
}

/** Searches all files in a folder. */
export function searchFolder(folder: string, needles: readonly Needle[]): Leak[] {
  return newFiles(folder, new Map()).flatMap(([file, text]) => search(text, `file ${file}`, needles));
}

/** Reads the files in a folder that are new, or have changed, since they were read last. */
function newFiles(folder: string, seen: Map<string, string>): Array<[name: string, text: string]> {
  return namesBelow(folder).flatMap((name): Array<[string, string]> => {
    const file = path.join(folder, name);
    const stats = statSync(file, { throwIfNoEntry: false });
    if (stats?.isFile() !== true || stats.size > largestFile) return [];
    const version = `${stats.mtimeMs} ${stats.size}`;
    if (seen.get(file) === version) return [];
    seen.set(file, version);
    return [[name, readIfThere(file)]];
  });
}

function namesBelow(folder: string): string[] {
  try {
    return readdirSync(folder, { recursive: true, encoding: "utf8" });
  } catch {
    // A folder below it was deleted while it was read.
    return [];
  }
}

/**
 * Gives the command lines of processes, words ended by NUL, where the system shows them as files: of the new ones at each
 * look, of the others now and then.
 */
function commandLines(looks: Map<string, number>): string[] {
  try {
    const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
    const before = new Map(looks);
    looks.clear();
    return pids.flatMap((pid) => {
      const nth = before.get(pid) ?? 0;
      looks.set(pid, nth + 1);
      return nth < newFor || nth % newFor === 0 ? [readIfThere(`/proc/${pid}/cmdline`)] : [];
    });
  } catch {
    return [];
  }
}

function readIfThere(file: string): string {
  try {
    return readFileSync(file, "latin1");
  } catch {
    // It was deleted, or the process has ended, since it was listed.
    return "";
  }
}
