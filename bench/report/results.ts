import { caseTitle } from "../work/case";
import { drawPlot, type Series } from "./plot";
import type { CaseSummary } from "./summary";
import { caseTables, markdownTable, rowOf, withRatio } from "./tables";

/** The path of the picture, beside the results. */
export const plotFile = "cost.svg";

/** Writes the whole page of the results. */
export function resultsPage(summaries: readonly CaseSummary[]): string {
  const peers = peersOf(summaries);
  return `# Results of \`npm run bench\`

Written by \`npm run bench\`, not by hand. Wall and processor times are medians. In brackets: the median ratio to the
engine's floor in the same round, that is to a dynamic provider that does nothing with the same resources. Peers take
turns at one sandbox of the API; the sandbox, moto and the AWS stand-in run on the same cores and count for nobody.
Each case names the commit that it was measured on; the peers are described as in the latest of them. Pulumi's engine
has 64 operations at once, as docs/scale.md advises (before 2026-11-28: its own default, 8 on two cores); a state is also
given as zstd compresses it (\`PULUMI_DIY_BACKEND_ZSTD\`).

${peers.map(({ title, description }) => `- **${title}**: ${description}.`).join("\n")}

${[...new Set(summaries.map(({ machine }) => machine))].map((machine) => `Machine: ${machine}.`).join("\n")}

## Cost over the number of customers

![Time of a create by number of customers: in all, and per customer](${plotFile})

## Creating all customers

${markdownTable(
  ["", ...peers.map(({ title }) => title)],
  summaries.map((summary) => [
    caseTitle(summary.case),
    ...peers.map(({ name }) => {
      const row = rowOf(summary, name, "create");
      if (row === undefined) return "";
      return row.failure === undefined ? withRatio(row.wallS, row.ratio?.wall) : "failed";
    }),
  ]),
)}

${summaries.map(section).join("\n\n")}
`;
}

function section(summary: CaseSummary): string {
  const { rounds, at, commit } = summary;
  const how = `${rounds} ${rounds === 1 ? "round" : "rounds"}, commit ${commit}, ${at.slice(0, 16).replace("T", " ")} UTC.`;
  return `## ${caseTitle(summary.case)}\n\n${how}\n\n${caseTables(summary)}`;
}

/** Draws the time of a create by the number of customers, for an API without latency and limit. */
export function resultsPlot(summaries: readonly CaseSummary[]): string {
  const plain = summaries
    .filter(({ case: { latencyMs, isLimited } }) => latencyMs === 0 && !isLimited)
    .toSorted((one, other) => one.case.customers - other.case.customers);
  const peers = peersOf(plain);
  const series = (y: (seconds: number, customers: number) => number): Series[] =>
    peers.map(({ name, title }) => ({
      title,
      points: plain.flatMap((summary) => {
        const row = rowOf(summary, name, "create");
        const { customers } = summary.case;
        return row === undefined || row.failure !== undefined
          ? []
          : [{ x: customers, y: y(row.wallS, customers) }];
      }),
    }));
  return drawPlot(
    [
      { title: "Create, seconds", series: series((seconds) => seconds) },
      { title: "Create, seconds per customer", series: series((seconds, customers) => seconds / customers) },
    ],
    peers.map(({ title }) => title),
    "customers",
  );
}

/** Lists the peers of all cases, each as the case describes it that was measured last. */
function peersOf(summaries: readonly CaseSummary[]): CaseSummary["peers"] {
  const byTime = summaries.toSorted(({ at: one }, { at: other }) => (one < other ? -1 : 1));
  const byName = new Map(byTime.flatMap(({ peers }) => peers).map((peer) => [peer.name, peer]));
  return [...byName.values()];
}
