import { strict as assert } from "node:assert";

import { type ProcessStart, revealingProblem } from "../../../provider/src/settings/revealing-switches";

/** A process that was started with some variables, or flags. */
const start = (environment: Record<string, string>, ...flags: string[]): ProcessStart => ({
  environment,
  flags,
});

const revealing: ProcessStart[] = [
  start({ PULUMI_DEBUG_GRPC: "grpc.json" }),
  start({ PULUMI_OPTION_TRACING: "file:trace" }),
  start({ PULUMI_OPTION_OTEL_TRACES: "file:///trace" }),
  start({ PULUMI_OTEL_EXPORTER_OTLP_ENDPOINT: "localhost:1" }),
  start({}, "--tracing", "tcp://127.0.0.1:1"),
  start({ PULUMI_TRACING_NO_PAYLOADS: "0" }, "--tracing=file:trace"),
  start({ PULUMI_OPTION_VERBOSE: "9" }),
  start({}, "--logtostderr", "-v=11"),
  start({ NODE_DEBUG: "http" }),
  start({ NODE_OPTIONS: "--max-old-space-size=4096 --report-uncaught-exception" }),
  start({ NODE_OPTIONS: "--report_on_signal" }),
  start({ NODE_OPTIONS: "--inspect=0" }),
  start({ NODE_OPTIONS: '"--tls-keylog=keys"' }),
  start({}, "--inspect-brk"),
  start({}, "--heapsnapshot-signal=SIGUSR2"),
  start({}, "--abort-on-uncaught-exception"),
  start({ TF_LOG: "TRACE" }),
  start({ TF_LOG_PROVIDER: "debug" }),
];

const quiet: ProcessStart[] = [
  start({}),
  start({ PULUMI_DEBUG_GRPC: "", NODE_DEBUG: " ", TF_LOG: "off" }),
  start(
    { PULUMI_TRACING_NO_PAYLOADS: "true", PULUMI_OPTION_TRACING: "file:trace" },
    "--tracing",
    "tcp://127.0.0.1:1",
  ),
  start({ PULUMI_OPTION_VERBOSE: "8", PULUMI_DEBUG_COMMANDS: "1" }, "-v=3"),
  start({ NODE_OPTIONS: "--max-old-space-size=4096 --require ./register.js" }, "127.0.0.1:4711"),
  start({ TF_LOG_PATH: "terraform.log", PULUMI_LOG_OTLP_ENDPOINT: "localhost:1" }),
];

describe("switches that write credentials down", () => {
  it("are refused in production, each by what has to be unset", () => {
    for (const one of revealing) {
      const problem = revealingProblem("production", one);
      assert.ok(problem !== undefined, `${JSON.stringify(one)} is not refused`);
      assert.equal(problem.match(/^ {2}- /gm)?.length, 1, problem);
    }
    const both = revealingProblem("production", start({ PULUMI_DEBUG_GRPC: "grpc.json", NODE_DEBUG: "net" }));
    assert.match(both ?? "", /- PULUMI_DEBUG_GRPC: .*\n {2}- NODE_DEBUG: /);
  });

  it("are allowed in testing, and everything else is allowed in production", () => {
    for (const one of revealing) assert.equal(revealingProblem("testing", one), undefined);
    for (const one of quiet) assert.equal(revealingProblem("production", one), undefined);
  });
});
