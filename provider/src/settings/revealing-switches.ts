import { rowOfStage } from "../client/cells";

/** How a process was started: settings that can make it, or its engine, write credentials. */
export interface ProcessStart {
  environment: Readonly<Record<string, string | undefined>>;
  /** Flags of Node.js and of the process itself: `process.execArgv` and `process.argv`. */
  flags: readonly string[];
}

/** A switch that writes credentials to a place where they can be read later, or by others. */
interface RevealingSwitch {
  /** What to unset. */
  name: string;
  /** What it writes. */
  reveals: string;
  isOn(start: ProcessStart): boolean;
}

/** At this level the engine prints what it sends to providers. */
const revealingVerbosity = 9;

const revealingNodeFlag =
  /^--(?:report-|inspect|heapsnapshot-|tls-keylog|abort-on-uncaught-exception)|^--(?:experimental-)?report(?:=|$)/;

/**
 * The switches that write credentials, each tried on the engine or on Node.js itself (`test/engine/canary`), except
 * `TF_LOG`, which others reported. Tried, and harmless: `PULUMI_DEBUG_COMMANDS`, `PULUMI_DEBUG_PROMISE_LEAKS`, `DEBUG`,
 * `GRPC_TRACE`, `--profiling`.
 *
 * @see {@link https://github.com/hashicorp/terraform-provider-aws/issues/16985} for TF_LOG
 */
const revealingSwitches: readonly RevealingSwitch[] = [
  {
    name: "PULUMI_DEBUG_GRPC",
    reveals: "the engine writes all traffic with program and providers to this file",
    isOn: ({ environment }) => isSet(environment["PULUMI_DEBUG_GRPC"]),
  },
  {
    name: "--tracing, --otel-traces (PULUMI_OPTION_TRACING, PULUMI_OPTION_OTEL_TRACES)",
    reveals:
      "the trace contains all traffic of the engine with program and providers, unless PULUMI_TRACING_NO_PAYLOADS=true is set",
    isOn: ({ environment, flags }) =>
      !/^(?:1|true)$/i.test(environment["PULUMI_TRACING_NO_PAYLOADS"] ?? "") &&
      (["PULUMI_OPTION_TRACING", "PULUMI_OPTION_OTEL_TRACES", "PULUMI_OTEL_EXPORTER_OTLP_ENDPOINT"].some(
        (name) => isSet(environment[name]),
      ) ||
        flags.some((flag) => /^--(?:tracing|otel-traces)(?:=|$)/.test(flag))),
  },
  {
    name: `-v=${revealingVerbosity} or more (PULUMI_OPTION_VERBOSE)`,
    reveals: "the engine logs everything that it sends",
    isOn: ({ environment, flags }) =>
      [
        environment["PULUMI_OPTION_VERBOSE"],
        ...flags.map((flag) => /^(?:-v|--verbose)=?(\d+)$/.exec(flag)?.[1]),
      ]
        .map(Number)
        .some((level) => level >= revealingVerbosity),
  },
  {
    name: "NODE_DEBUG",
    reveals: "Node.js prints headers and options of requests, including AWS session tokens",
    isOn: ({ environment }) => isSet(environment["NODE_DEBUG"]),
  },
  {
    name: "NODE_OPTIONS with --report-…, --inspect…, --heapsnapshot-…, --tls-keylog or --abort-on-uncaught-exception (or pulumi's --attach-debugger)",
    reveals:
      "Node.js writes its environment, its memory or the keys of its connections to a file, or opens them to a debugger",
    isOn: ({ environment, flags }) =>
      [...(environment["NODE_OPTIONS"] ?? "").split(/[\s"']+/), ...flags].some((flag) =>
        revealingNodeFlag.test(flag.replaceAll("_", "-")),
      ),
  },
  {
    name: "TF_LOG, TF_LOG_PROVIDER, …",
    reveals: "the AWS provider logs the bodies of its requests, including the stored secrets",
    isOn: ({ environment }) =>
      Object.entries(environment).some(
        ([name, value]) => /^TF_LOG(?:_(?!PATH)\w+)?$/.test(name) && isSet(value) && !/^off$/i.test(value),
      ),
  },
];

/**
 * Finds this process's switches that write credentials, if the stage refuses them.
 *
 * @param stage the stack's stage as configured; one that refuses no switch allows everything
 * @param start how this process was started
 * @returns the active ones and what to do, or undefined if there are none
 */
export function revealingProblem(stage: unknown, start: ProcessStart): string | undefined {
  if (rowOfStage(stage)?.refusesRevealingSwitches !== true) return undefined;
  const on = revealingSwitches.filter((one) => one.isOn(start));
  if (on.length === 0) return undefined;
  const lines = on.map(({ name, reveals }) => `  - ${name}: ${reveals}`);
  return (
    `In ${String(stage)} switches that write credentials are refused. Nothing was sent to the vendor. These are set:\n${lines.join("\n")}\n` +
    "Unset them, and run the command again. Delete the files that this run wrote: they may contain decrypted configuration. See docs/security.md."
  );
}

function isSet(value: string | undefined): value is string {
  return value !== undefined && value.trim() !== "";
}
