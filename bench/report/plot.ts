/** One line of a plot. */
export interface Series {
  readonly title: string;
  /** By rising `x`. */
  readonly points: readonly { readonly x: number; readonly y: number }[];
}

/** One panel of a picture: both axes are logarithmic, and all values above 0. */
export interface Panel {
  readonly title: string;
  readonly series: readonly Series[];
}

const width = 460;
const height = 340;
const margin = { left: 56, right: 16, top: 34, bottom: 40 };
const legendRow = 18;
const colours = ["#0b62a4", "#7a7a7a", "#c0392b", "#2b8a3e", "#a0a0a0", "#8e44ad", "#d9822b", "#16a0a0"];

/** Draws panels side by side, with one legend below them. The colours follow the order of the titles in the legend. */
export function drawPlot(panels: readonly Panel[], titles: readonly string[], xTitle: string): string {
  const colourOf = (title: string): string => colours[titles.indexOf(title) % colours.length] ?? "#000";
  const all = [width * panels.length, height + legendRow * Math.ceil(titles.length / 3) + 12] as const;
  const body = panels.map(
    (panel, index) =>
      `<g transform="translate(${width * index} 0)">${drawPanel(panel, colourOf, xTitle)}</g>`,
  );
  const legend = titles.map((title, index) => {
    const [x, y] = [margin.left + (index % 3) * 280, height + 12 + Math.floor(index / 3) * legendRow];
    return `<circle cx="${x}" cy="${y}" r="5" fill="${colourOf(title)}"/><text x="${x + 12}" y="${y + 4}">${escape(title)}</text>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${all[0]} ${all[1]}" font-family="sans-serif" font-size="12" fill="#222">
<rect width="100%" height="100%" fill="#fff"/>
${[...body, ...legend].join("\n")}
</svg>
`;
}

function drawPanel({ title, series }: Panel, colourOf: (title: string) => string, xTitle: string): string {
  const points = series.flatMap((one) => one.points);
  if (points.length === 0) return "";
  const toX = scale(
    points.map(({ x }) => x),
    margin.left,
    width - margin.right,
  );
  const toY = scale(
    points.map(({ y }) => y),
    height - margin.bottom,
    margin.top,
  );
  const bottom = height - margin.bottom;
  const grid = [
    ...toX.ticks.map(
      (tick) =>
        `<path d="M${toX.at(tick)} ${margin.top}V${bottom}" stroke="#ddd"/><text x="${toX.at(tick)}" y="${bottom + 16}" text-anchor="middle">${label(tick)}</text>`,
    ),
    ...toY.ticks.map(
      (tick) =>
        `<path d="M${margin.left} ${toY.at(tick)}H${width - margin.right}" stroke="#ddd"/><text x="${margin.left - 6}" y="${toY.at(tick) + 4}" text-anchor="end">${label(tick)}</text>`,
    ),
  ];
  const lines = series.map((one) => {
    const at = one.points.map(({ x, y }) => [toX.at(x), toY.at(y)] as const);
    const colour = colourOf(one.title);
    const line = `<polyline points="${at.map((point) => point.join(",")).join(" ")}" fill="none" stroke="${colour}" stroke-width="2"/>`;
    return line + at.map(([x, y]) => `<circle cx="${x}" cy="${y}" r="3.5" fill="${colour}"/>`).join("");
  });
  const names = [
    `<text x="${margin.left}" y="20" font-weight="bold">${escape(title)}</text>`,
    `<text x="${(margin.left + width) / 2}" y="${height - 6}" text-anchor="middle">${escape(xTitle)}</text>`,
  ];
  return [...grid, ...lines, ...names].join("\n");
}

interface Scale {
  /** Whole powers of ten, and their double and fivefold. */
  readonly ticks: readonly number[];
  readonly at: (value: number) => number;
}

/** Creates a logarithmic scale from the tick below the least value to the one above the greatest. */
function scale(values: readonly number[], from: number, to: number): Scale {
  const steps = Array.from({ length: 13 }, (_, index) => index - 6).flatMap((power) =>
    [1, 2, 5].map((step) => step * 10 ** power),
  );
  const least = steps.findLast((step) => step <= Math.min(...values)) ?? 1e-6;
  const greatest = steps.find((step) => step >= Math.max(...values) && step > least) ?? 1e6;
  const at = (value: number): number =>
    round(from + ((to - from) * Math.log(value / least)) / Math.log(greatest / least));
  return { ticks: steps.filter((step) => step >= least && step <= greatest), at };
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function label(tick: number): string {
  return tick >= 1000 ? tick.toLocaleString("en") : String(Number(tick.toPrecision(1)));
}

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}
