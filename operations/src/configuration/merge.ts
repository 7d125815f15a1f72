import { type ConfigurationFile, holdsSecret } from "./file";
import { previewedKeys } from "./previewed-keys";

/**
 * Copies the keys of a proposed configuration that may be previewed into the reviewed one, in place.
 *
 * @returns the keys that differ and were not copied: people must read those
 * @throws if a value to copy contains a secret
 */
export async function mergeConfiguration(
  reviewed: ConfigurationFile,
  proposed: ConfigurationFile,
): Promise<string[]> {
  const { toNode } = await import("resistant-tenants-stacks/yaml-file");
  for (const key of previewedKeys) {
    const value = proposed.values.get(key);
    if (holdsSecret(value)) {
      throw new Error(
        `${key} contains an encrypted value (\`secure\`), which a preview does not decrypt: write it in plain text. Nothing was previewed.`,
      );
    }
    // Copied as plain values: an anchor of one file has no meaning in the other.
    if (value === undefined) reviewed.document.deleteIn(["config", key]);
    else reviewed.document.setIn(["config", key], toNode(value));
  }
  return [...differences(reviewed.values, proposed.values), ...differences(reviewed.others, proposed.others)];
}

function differences(
  reviewed: ReadonlyMap<string, unknown>,
  proposed: ReadonlyMap<string, unknown>,
): string[] {
  const taken: readonly string[] = previewedKeys;
  return [...new Set([...reviewed.keys(), ...proposed.keys()])].filter(
    (key) => !taken.includes(key) && JSON.stringify(reviewed.get(key)) !== JSON.stringify(proposed.get(key)),
  );
}
