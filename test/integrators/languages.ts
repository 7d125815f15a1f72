import { existsSync, readFileSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";

import { cacheFolder, makeOnce, shortDigest } from "../../sandbox/cache";
import { runToSuccess } from "../../sandbox/process";
import { findPythonWith } from "../../sandbox/python";
import { type Driver, shellDriver, startDriver } from "./driver";

const snippets = path.join(__dirname, "../../examples/integrators");
const log = (): void => undefined;

/** One language that has a snippet, and how the tests drive it. */
export interface Language {
  name: string;
  /** The programs that must be on the PATH. */
  programs: readonly string[];
  start(env: NodeJS.ProcessEnv): Promise<Driver>;
}

export const languages: readonly Language[] = [
  {
    name: "TypeScript",
    programs: [],
    start: (env) => {
      const program = path.join(__dirname, "drive.ts");
      const snippet = pathToFileURL(path.join(snippets, "typescript/documents-token.ts")).href;
      const flags = ["--experimental-strip-types", "--no-warnings"];
      return Promise.resolve(startDriver(process.execPath, [...flags, program, snippet], env));
    },
  },
  {
    name: "Python",
    programs: ["python3"],
    start: async (env) => {
      const folder = path.join(snippets, "python");
      // Python would write what it compiles beside the snippet.
      const paths = { PYTHONPATH: folder, PYTHONDONTWRITEBYTECODE: "1" };
      return startDriver(await python(), [path.join(__dirname, "drive.py")], { ...env, ...paths });
    },
  },
  {
    name: "Java",
    programs: ["java", "javac", "mvn"],
    start: async (env) => {
      const libraries = path.join(await javaLibraries(), "*");
      const classes = await mkdtemp(path.join(tmpdir(), "integrators-"));
      const sources = [path.join(snippets, "java/DocumentsToken.java"), path.join(__dirname, "Drive.java")];
      await runToSuccess("javac", [
        "-Xlint:all,-processing",
        "-Werror",
        "-cp",
        libraries,
        "-d",
        classes,
        ...sources,
      ]);
      const classPath = [classes, libraries].join(path.delimiter);
      const driver = startDriver("java", ["-XX:TieredStopAtLevel=1", "-cp", classPath, "Drive"], env);
      return {
        ...driver,
        close: async () => {
          await driver.close();
          await rm(classes, { recursive: true });
        },
      };
    },
  },
  {
    name: "curl",
    programs: ["bash", "curl", "jq", "openssl", "flock", "python3"],
    start: async (env) => {
      const folder = await mkdtemp(path.join(tmpdir(), "integrators-"));
      // The environment's own `aws` names the folder in which it was made, and that was renamed.
      const aws = `#!/bin/sh\nexec '${await python()}' -m awscli "$@"\n`;
      await writeFile(path.join(folder, "aws"), aws, { mode: 0o700 });
      const programs = [folder, env["PATH"]].join(path.delimiter);
      const driver = shellDriver(path.join(snippets, "curl/documents-token.sh"), { ...env, PATH: programs });
      return { ...driver, close: () => rm(folder, { recursive: true }) };
    },
  },
];

/** Names the programs of a language that are not on the PATH. */
export function missingPrograms({ programs }: Language): string[] {
  const folders = (process.env["PATH"] ?? "").split(path.delimiter);
  return programs.filter((name) => !folders.some((folder) => existsSync(path.join(folder, name))));
}

function python(): Promise<string> {
  const file = path.join(snippets, "python/requirements.txt");
  const requirements = [...readFileSync(file, "utf8").trim().split("\n"), "awscli==1.46.3"];
  return findPythonWith(requirements, {
    name: "what the Python and curl snippets need",
    folder: `integrators-python-${shortDigest(requirements.join())}`,
    otherwise: "leave out the tests of Python and curl",
    log,
  });
}

/** Returns the folder in the cache with the libraries of the snippet's `pom.xml`. */
async function javaLibraries(): Promise<string> {
  const pom = path.join(snippets, "java/pom.xml");
  const folder = path.join(cacheFolder(), `integrators-java-${shortDigest(readFileSync(pom, "utf8"))}`);
  await makeOnce(folder, async (temporary) => {
    await mkdir(temporary, { recursive: true });
    const goal = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies";
    const options = ["-DincludeScope=runtime", `-DoutputDirectory=${temporary}`];
    await runToSuccess("mvn", ["-q", "-B", "-f", pom, goal, ...options]);
  });
  return folder;
}
