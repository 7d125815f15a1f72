import type { Stack } from "../stack/stack";

/** An entry of `tenants:customers` as written. */
export type DeclaredEntry = Readonly<Record<string, unknown>>;

/**
 * Reads the entries of a stack's customers as written, by name, including those in the files of
 * `customersFrom`. It reports no problems: other code checks them.
 */
export async function declaredEntries({
  configured,
  directory,
}: Pick<Stack, "configured" | "directory">): Promise<Map<string, DeclaredEntry>> {
  const pattern = configured("customersFrom");
  const own = parse(configured("customers"));
  const ofFiles = pattern === undefined ? [] : await entriesOfFiles(pattern, directory);
  return new Map(
    [...own, ...ofFiles].flatMap((entry) => {
      const declared = toEntry(entry);
      const name = declared?.["name"];
      return declared === undefined || typeof name !== "string" ? [] : [[name, declared] as const];
    }),
  );
}

async function entriesOfFiles(pattern: string, directory: string): Promise<unknown[]> {
  const { readCustomerFiles } = await import("resistant-tenants-stacks/customer-files");
  const { projectFolder } = await import("resistant-tenants-stacks/stack-file");
  return readCustomerFiles(pattern, projectFolder(directory)).entries.map(({ value }) => value);
}

function parse(text: string | undefined): unknown[] {
  try {
    const parsed: unknown = JSON.parse(text ?? "[]");
    return Array.isArray(parsed) ? parsed : [];
  } catch {
    return [];
  }
}

function toEntry(value: unknown): DeclaredEntry | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as DeclaredEntry)
    : undefined;
}
