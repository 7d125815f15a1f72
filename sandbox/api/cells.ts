/** The vendor's environments. */
export const stages = ["testing", "production"] as const;
export type Stage = (typeof stages)[number];

/** The vendor's regions, in the order of the contract's `CellName`. */
export const cells = ["eu-1", "us-1", "ap-2", "ap-3", "ca-1"] as const;
export type Cell = (typeof cells)[number];

/** The first part of a cell's host names. */
const hostPrefixes: Record<Cell, string> = {
  "eu-1": "",
  "us-1": "us-1.",
  "ap-2": "ap-2.",
  "ap-3": "ap-3.",
  "ca-1": "ca-1.",
};

const stageTable: Record<Stage, { cells: readonly Cell[]; documentsDomain: string }> = {
  testing: { cells: ["eu-1"], documentsDomain: "documents.testing.resistant.ai" },
  production: { cells, documentsDomain: "documents.resistant.ai" },
};

/** Returns the cells of a stage. */
export function cellsOf(stage: Stage): readonly Cell[] {
  return stageTable[stage].cells;
}

/**
 * Returns the host name of a tenant's Web UI in a cell.
 *
 * @returns a bare host name without a scheme, for example `acme-sandbox.us-1.documents.resistant.ai`
 */
export function webUiHost(stage: Stage, cell: Cell, tenantName: string, organization: string): string {
  return `${tenantName}-${organization}.${hostPrefixes[cell]}${stageTable[stage].documentsDomain}`;
}
