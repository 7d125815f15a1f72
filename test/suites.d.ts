/** A suite of tests: those of its files whose titles match. */
export interface Suite {
  titles: string;
  files: readonly string[];
}

export declare const engineFolders: readonly string[];
export declare const exhaustiveTag: string;
export declare const heaviest: readonly string[];
export declare const suites: Readonly<Record<"all" | "unit" | "engine" | "exhaustive", Suite>>;
export declare function mochaArguments(suite: Suite, options: readonly string[]): string[];
