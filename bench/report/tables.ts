import { allowedSeconds, type Work, works, workTitles } from "../work/case";
import type { CaseSummary, Row } from "./summary";

type Cells = readonly string[];

/** Writes a table in Markdown. */
export function markdownTable(heading: Cells, rows: readonly Cells[]): string {
  const line = (cells: Cells): string =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [
    line(heading),
    line(heading.map((_, index) => (index === 0 ? "---" : "---:"))),
    ...rows.map(line),
  ].join("\n");
}

/** Writes the results of a case: times, then requests, then memory and state; empty tables are left out. */
export function caseTables(summary: CaseSummary): string {
  const { skipped } = summary;
  const failures = summary.rows.flatMap(({ peer, work, failure }) =>
    failure === undefined ? [] : [`- ${titleOf(summary, peer)}, ${workTitles[work]}: ${firstLines(failure)}`],
  );
  const parts: [title: string, text: string | undefined][] = [
    ["Wall time", timeTable(summary, ({ wallS, ratio }) => withRatio(wallS, ratio?.wall))],
    [
      "Processor time of all its processes",
      timeTable(summary, ({ cpuS, ratio }) => withRatio(cpuS, ratio?.cpu)),
    ],
    ["Requests", requestTable(summary)],
    ["Memory and state", useTable(summary)],
    ["Failed", failures.length === 0 ? undefined : failures.join("\n")],
    [
      "Skipped",
      Object.keys(skipped).length === 0
        ? undefined
        : Object.entries(skipped)
            .map(([peer, reason]) => `- ${peer}: ${reason}`)
            .join("\n"),
    ],
  ];
  return parts
    .flatMap(([title, text]) => (text === undefined ? [] : [`**${title}**\n\n${text}`]))
    .join("\n\n");
}

function timeTable(summary: CaseSummary, show: (row: Row) => string): string {
  const present = works.filter((work) => summary.rows.some((row) => row.work === work));
  return markdownTable(
    ["", ...present.map((work) => workTitles[work])],
    summary.peers.map(({ name, title }) => [
      title,
      ...present.map((work) => {
        const row = rowOf(summary, name, work);
        if (row === undefined) return "";
        return row.failure === undefined ? show(row) : "failed";
      }),
    ]),
  );
}

function requestTable(summary: CaseSummary): string | undefined {
  const rows = summary.rows.filter(({ requests }) => Object.keys(requests).length > 0);
  if (rows.length === 0) return undefined;
  const { isLimited } = summary.case;
  const limited = ["429", "first to last", "the limit allows"];
  return markdownTable(
    ["", "work", "by kind", ...(isLimited ? limited : [])],
    rows.map((row) => {
      const sent = Object.entries(row.requests).reduce(
        (sum, [kind, n]) => sum + (kind === "token" ? 0 : n),
        0,
      );
      const accepted = sent * (1 - row.refusedShare);
      return [
        titleOf(summary, row.peer),
        workTitles[row.work],
        Object.entries(row.requests)
          .map(([kind, count]) => `${count.toLocaleString("en")} ${kind}`)
          .join(", "),
        ...(isLimited
          ? [
              `${(row.refusedShare * 100).toFixed(1)} %`,
              `${row.spanS.toFixed(1)} s`,
              `${allowedSeconds(accepted).toFixed(1)} s`,
            ]
          : []),
      ];
    }),
  );
}

function useTable(summary: CaseSummary): string | undefined {
  const kinds = ["program", "provider", "engine"] as const;
  const rows = summary.peers.flatMap(({ name, title }) => {
    const ours = summary.rows.filter(({ peer }) => peer === name);
    const peak = (kind: string): string => {
      const most = Math.max(...ours.map(({ peakMb }) => peakMb?.[kind] ?? 0));
      return most > 0 ? `${most.toFixed(0)} MB` : "";
    };
    const state = ours.find((row) => row.state !== undefined)?.state;
    const cells = [
      ...kinds.map(peak),
      ...(state === undefined
        ? ["", "", "", "", ""]
        : [
            kilobytes(state.bytes),
            kilobytes(state.bytes / summary.case.customers),
            state.compressedBytes === undefined
              ? ""
              : kilobytes(state.compressedBytes / summary.case.customers),
            kilobytes(state.providerBytes),
            state.plainSecrets === 0 ? "none" : state.plainSecrets.toLocaleString("en"),
          ]),
    ];
    return cells.every((cell) => cell === "") ? [] : [[title, ...cells]];
  });
  if (rows.length === 0) return undefined;
  const heading = [
    ...kinds.map((kind) => `peak, ${kind}`),
    "state",
    "of it per customer",
    "per customer, compressed",
    "of it `__provider`",
    "client secrets in plain text",
  ];
  return markdownTable(["", ...heading], rows);
}

/** Finds the summary of one peer's work. */
export function rowOf({ rows }: CaseSummary, peer: string, work: Work): Row | undefined {
  return rows.find((row) => row.peer === peer && row.work === work);
}

function titleOf({ peers }: CaseSummary, peer: string): string {
  return peers.find(({ name }) => name === peer)?.title ?? peer;
}

/** Writes seconds, and their ratio to the floor's. */
export function withRatio(seconds: number | undefined, ratio: number | undefined): string {
  if (seconds === undefined) return "";
  return `${seconds.toFixed(2)} s${ratio === undefined ? "" : ` (${ratio.toFixed(2)} ×)`}`;
}

function kilobytes(bytes: number): string {
  return `${(bytes / 1000).toFixed(bytes < 100_000 ? 1 : 0)} KB`;
}

function firstLines(text: string): string {
  return text
    .split("\n")
    .slice(0, 2)
    .map((line) => line.trim())
    .join(" ")
    .slice(0, 240);
}
