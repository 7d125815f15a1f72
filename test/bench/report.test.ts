import { strict as assert } from "node:assert";

import type { Measurement } from "../../bench/measure/measurement";
import { readOptions } from "../../bench/options";
import { noop } from "../../bench/peers/noop";
import { stack } from "../../bench/peers/stack";
import { drawPlot } from "../../bench/report/plot";
import { resultsPage, resultsPlot } from "../../bench/report/results";
import { type CaseSummary, caseSummarySchema, summarize } from "../../bench/report/summary";
import { caseTables, markdownTable, rowOf } from "../../bench/report/tables";
import { mentioning } from "../support/mentions";

const measured = (
  peer: "stack" | "noop",
  round: number,
  wallS: number,
  more: Partial<Measurement> = {},
): Measurement => ({
  peer,
  work: "create",
  round,
  wallS,
  usage: { cpuS: wallS / 2, cpuByKindS: { program: wallS / 2 }, peakMb: { program: 100 + round } },
  requests: { byKind: peer === "stack" ? { token: 1, createTenant: 10 } : {}, refused: 0, spanS: 1 },
  ...more,
});

function summaryOf(measurements: readonly Measurement[], customers = 10): CaseSummary {
  const facts = {
    rounds: 2,
    at: "2026-11-26T17:00:00.000Z",
    commit: "abc",
    machine: "a machine",
    skipped: {},
  };
  return summarize({ customers, latencyMs: 0, isLimited: false }, [stack, noop], measurements, facts);
}

const both = [
  measured("stack", 0, 3, {
    state: { bytes: 20_000, compressedBytes: 4_000, providerBytes: 500, plainSecrets: 0 },
  }),
  measured("noop", 0, 2),
  measured("stack", 1, 30),
  measured("noop", 1, 20),
];

describe("results of the benchmark", () => {
  it("are medians of all rounds, and ratios to the floor of the same round", () => {
    const row = rowOf(summaryOf(both), "stack", "create");
    assert.deepEqual([row?.wallS, row?.cpuS, row?.ratio], [16.5, 8.25, { wall: 1.5, cpu: 1.5 }]);
    assert.deepEqual(row?.peakMb, { program: 101 });
    assert.equal(rowOf(summaryOf(both), "noop", "create")?.ratio, undefined);
  });

  it("can be kept as JSON", () => {
    const summary = summaryOf([...both, measured("noop", 2, 1, { failure: "pulumi failed" })]);
    assert.deepEqual(caseSummarySchema.parse(JSON.parse(JSON.stringify(summary))), summary);
  });

  it("report a failure, and count no time for it", () => {
    const failed = summaryOf([
      measured("stack", 0, 3, { failure: "tofu failed:\n  429" }),
      measured("noop", 0, 2),
    ]);
    const tables = caseTables(failed);
    assert.match(tables, /\| this project \| failed \|/);
    assert.match(tables, /- this project, create: tofu failed: 429/);
  });

  it("are tables of times, requests, memory and state", () => {
    const tables = caseTables(summaryOf(both));
    assert.match(tables, /\| this project \| 16\.50 s \(1\.50 ×\) \|/);
    assert.match(tables, /\| this project \| create \| 1 token, 10 createTenant \|/);
    assert.match(tables, /\| 20\.0 KB \| 2\.0 KB \| 0\.4 KB \| 0\.5 KB \| none \|/);
  });

  it("keep a table intact with any cell content", () => {
    assert.equal(markdownTable(["a"], [["x|y"]]), "| a |\n| --- |\n| x\\|y |");
  });

  it("are a page with the picture, the machine and each case", () => {
    const page = resultsPage([summaryOf(both), summaryOf(both, 100)]);
    for (const text of [
      "(cost.svg)",
      "a machine",
      "## 10 customers, no latency, no limit",
      "## 100 customers",
    ]) {
      assert.ok(page.includes(text), text);
    }
  });

  it("describe a peer as the case that was measured last does", () => {
    const described = (customers: number, at: string, description: string): CaseSummary => {
      const summary = summaryOf(both, customers);
      return { ...summary, at, peers: summary.peers.map((peer) => ({ ...peer, description })) };
    };
    const page = resultsPage([
      described(10, "2026-11-27T18:00:00.000Z", "what it is now"),
      described(100, "2026-11-26T18:00:00.000Z", "what it was"),
    ]);
    assert.deepEqual([page.includes("what it is now"), page.includes("what it was")], [true, false]);
  });

  it("are a picture of the cases without latency and limit", () => {
    const picture = resultsPlot([summaryOf(both, 100), summaryOf(both)]);
    assert.equal(picture.match(/<polyline/g)?.length, 4);
    assert.ok(!picture.includes("NaN"));
  });
});

describe("the picture of the benchmark", () => {
  it("has logarithmic axes: ten times as much is the same way everywhere", () => {
    const points = [1, 10, 100].map((x) => ({ x, y: x }));
    const picture = drawPlot([{ title: "t", series: [{ title: "a", points }] }], ["a"], "x");
    const [first, second, third] = (/points="([^"]+)"/.exec(picture)?.[1] ?? "")
      .split(" ")
      .map((point) => point.split(",").map(Number));
    assert.ok(first && second && third);
    assert.ok(Math.abs(second[0]! - first[0]! - (third[0]! - second[0]!)) < 0.2);
    assert.ok(Math.abs(first[1]! - second[1]! - (second[1]! - third[1]!)) < 0.2);
  });

  it("is drawn for a single point, and for none", () => {
    const draw = (points: Array<{ x: number; y: number }>): string =>
      drawPlot([{ title: "t", series: [{ title: "<a>", points }] }], ["<a>"], "x");
    for (const picture of [draw([{ x: 10, y: 3 }]), draw([])]) {
      assert.ok(!/NaN|Infinity/.test(picture));
      assert.ok(picture.includes("&lt;a>"));
    }
  });
});

describe("the options of the benchmark", () => {
  it("default to everything, and a thousand customers once", () => {
    const { cases, isWritten } = readOptions([]);
    assert.equal(cases.length, 9);
    assert.deepEqual(
      cases.filter(({ customers }) => customers === 1000),
      [{ customers: 1000, latencyMs: 0, isLimited: false }],
    );
    assert.ok(isWritten);
  });

  it("narrow it; a part of the peers or works is not written", () => {
    const { cases, rounds, peers, isWritten } = readOptions(
      "--n 10 --latency 0 --limit yes --repeat 3 --only stack,noop".split(" "),
    );
    assert.deepEqual(cases, [{ customers: 10, latencyMs: 0, isLimited: true }]);
    assert.deepEqual([rounds, peers, isWritten], [3, ["stack", "noop"], false]);
    assert.equal(readOptions(["--print"]).isWritten, false);
  });

  it("say what they know", () => {
    assert.throws(() => readOptions(["--only", "terraform"]), /stack, noop/);
    assert.throws(() => readOptions(["--n", "0"]), mentioning("--n", "1", '"0"'));
  });
});
