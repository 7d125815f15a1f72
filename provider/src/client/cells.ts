/** The vendor's environments. They share nothing: a tenant of one is unknown to the other. */
export const stages = ["testing", "production"] as const;
/** One of the vendor's environments. */
export type Stage = (typeof stages)[number];

/** The vendor's regions, in the order of its documentation. */
export const cells = ["eu-1", "us-1", "ca-1", "ap-2", "ap-3"] as const;
/** One of the vendor's regions. */
export type Cell = (typeof cells)[number];

/** What the vendor documents for each cell: its AWS region and the prefix of its hosts. */
export const cellTable: Record<Cell, { awsRegion: string; hostPrefix: string }> = {
  "eu-1": { awsRegion: "eu-west-1", hostPrefix: "" },
  "us-1": { awsRegion: "us-east-1", hostPrefix: "us-1." },
  "ca-1": { awsRegion: "ca-central-1", hostPrefix: "ca-1." },
  "ap-2": { awsRegion: "ap-south-1", hostPrefix: "ap-2." },
  "ap-3": { awsRegion: "ap-southeast-2", hostPrefix: "ap-3." },
};

/** One stage: the vendor's hosts, and this project's rules. */
export interface StageRow {
  /** The base URL of the Tenant Management API. */
  apiUrl: string;
  cells: readonly Cell[];
  /** The domain of the Documents APIs and, by suffix, of the Web UIs: see {@link documentsApiUrl}. */
  documentsDomain: string;
  /** Whether loopback is allowed, for a sandbox; otherwise the environment must allow it. */
  allowsLoopback: boolean;
  /** Whether the stack's configuration may send AWS calls to hosts that the environment does not allow. */
  allowsAnyAwsEndpoint: boolean;
  /** Whether each change needs a reason. */
  requiresReason: boolean;
  /** Whether switches that write credentials are refused: see `revealing-switches.ts`. */
  refusesRevealingSwitches: boolean;
  /** Whether active customers are protected from deletion, and the policy pack checks stacks. */
  isProtected: boolean;
  /** The default for how long a deleted secret can be restored, in days; 0: not at all. */
  recoveryWindowInDays: number;
}

/** Everything in which the stages differ. */
export const stageTable: Record<Stage, StageRow> = {
  testing: {
    apiUrl: "https://api.tenants.testing.resistant.ai/v0",
    cells: ["eu-1"],
    documentsDomain: "documents.testing.resistant.ai",
    allowsLoopback: true,
    allowsAnyAwsEndpoint: true,
    requiresReason: false,
    refusesRevealingSwitches: false,
    isProtected: false,
    recoveryWindowInDays: 0,
  },
  production: {
    apiUrl: "https://api.tenants.resistant.ai/v0",
    cells,
    documentsDomain: "documents.resistant.ai",
    allowsLoopback: false,
    allowsAnyAwsEndpoint: false,
    requiresReason: true,
    refusesRevealingSwitches: true,
    isProtected: true,
    recoveryWindowInDays: 30,
  },
};

/** The stage with the most cells: a cell that is wrong there is wrong in every stage. */
export const widestStage: Stage = stages.reduce((one, other) =>
  stageTable[other].cells.length > stageTable[one].cells.length ? other : one,
);

/** Finds the row of a stage by its name; undefined if there is no such stage. */
export function rowOfStage(name: unknown): StageRow | undefined {
  const stage = stages.find((one) => one === name);
  return stage === undefined ? undefined : stageTable[stage];
}

/** The domain of the vendor's authorization servers, in every stage: those it documents are at `eu.id.resistant.ai`. */
export const authorizationDomain = "id.resistant.ai";

/**
 * Returns the base URL of the Documents API, for a tenant application's credentials.
 *
 * @returns for example `https://api.us-1.documents.resistant.ai`
 * @example
 * ```ts
 * export const url = documentsApiUrl("production", "us-1");
 * ```
 */
export function documentsApiUrl(stage: Stage, cell: Cell): string {
  return `https://api.${cellTable[cell].hostPrefix}${stageTable[stage].documentsDomain}`;
}

/** Returns whether a text is the name of a documented cell. */
export function isCell(text: string): text is Cell {
  return (cells as readonly string[]).includes(text);
}
