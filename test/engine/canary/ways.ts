import type { Canary } from "./canary";

/** A way in which a command prints what it does. */
export interface Way {
  name: string;
  flags: readonly string[];
  env?: Readonly<Record<string, string>>;
  /** The commands that know its flags; default all that run the engine. */
  commands?: ReadonlySet<EngineCommand>;
}

/** The commands that run the engine. */
export type EngineCommand = "up" | "preview" | "refresh" | "destroy" | "import";

/** Level 8 is the highest at which the engine is not known to print what it sends. */
const verbose = ["-v=8", "--logtostderr", "--logflow"];

/**
 * The ways in which an engine command is run: as few as print everything once, or each alone as well. All other tests of
 * the engine run the plain way, and search what it prints.
 */
export function waysOf(command: EngineCommand, canary: Canary, which: "few" | "all"): Way[] {
  const eventLog = (name: string): Pick<Way, "flags" | "env"> => ({
    flags: ["--event-log", canary.file(`${command}-${name}.events`)],
    env: { PULUMI_DEBUG_COMMANDS: "1" },
  });
  const all = (flags: readonly string[], names: readonly EngineCommand[]): readonly string[] =>
    names.includes(command) ? flags : [];
  const details = [
    ...all(["--show-full-output"], ["up", "preview", "destroy"]),
    ...all(["--show-config"], ["up", "preview", "destroy"]),
    ...all(["--show-reads"], ["up", "preview"]),
    ...all(["--show-sames", "--show-replacement-steps"], ["up", "preview", "refresh", "destroy"]),
    "--urns",
  ];
  const logged = eventLog("logged");
  const few: Way[] = [
    {
      name: "as JSON, with debug messages and an event log",
      flags: ["--json", "--debug", ...verbose, ...logged.flags],
      ...(logged.env === undefined ? {} : { env: logged.env }),
    },
    { name: "as a diff, with all details", flags: ["--diff", "--debug", ...details] },
  ];
  const alone: Way[] = [
    { name: "plain", flags: [] },
    { name: "--json", flags: ["--json"] },
    {
      name: "--json, streamed",
      flags: ["--json"],
      env: { PULUMI_ENABLE_STREAMING_JSON_PREVIEW: "true" },
      commands: new Set(["preview"]),
    },
    { name: "--diff", flags: ["--diff"] },
    { name: "--debug", flags: ["--debug"] },
    { name: "-v=8 --logtostderr", flags: ["-v=8", "--logtostderr"] },
    { name: "-v=8, into files", flags: ["-v=8"] },
    { name: "--event-log", ...eventLog("alone") },
    {
      name: "--save-plan",
      flags: ["--save-plan", canary.file("alone.plan")],
      commands: new Set(["preview"]),
    },
    {
      name: "a trace without payloads",
      flags: ["--tracing", `file:${canary.file("trace")}`],
      env: { PULUMI_TRACING_NO_PAYLOADS: "true" },
    },
  ];
  // What other commands print as a diff, an `up` prints, too.
  const sample = command === "up" ? few : few.slice(0, 1);
  return (which === "all" ? [...few, ...alone] : sample).filter(
    ({ commands }) => commands?.has(command) ?? true,
  );
}
