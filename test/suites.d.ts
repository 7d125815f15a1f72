export declare const engineFolders: readonly string[];
export declare const exhaustiveTag: string;
export declare const heaviest: readonly string[];
export declare const suites: Readonly<Record<"all" | "unit" | "engine" | "exhaustive", readonly string[]>>;
