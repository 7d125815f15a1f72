import { formsOfKey } from "resistant-tenants-stacks/key-forms";
import { type Document, isAlias, isMap, isNode, type Node, visit } from "yaml";

import { type ConfigurationFile, namesSecure } from "./file";
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
  const { document } = reviewed;
  writeOutAliases(document);
  const config: unknown = document.get("config", true);
  if (isAlias(config)) document.set("config", copyOf(config.resolve(document)));
  else if (!isMap(config)) document.set("config", toNode({}));
  for (const key of previewedKeys) {
    const value = proposed.values.get(key);
    if (namesSecure(value)) {
      throw new Error(
        `${key} contains an encrypted value (\`secure\`), which a preview does not decrypt: write it in plain text. Nothing was previewed.`,
      );
    }
    const stale = formsOfKey(key).filter((form) => form !== key || value === undefined);
    for (const form of stale) document.deleteIn(["config", form]);
    // Copied as plain values: an anchor of one file has no meaning in the other.
    if (value !== undefined) document.setIn(["config", key], toNode(value));
  }
  return [...differences(reviewed.values, proposed.values), ...differences(reviewed.others, proposed.others)];
}

/** Writes out what the other keys take by an alias from the replaced ones, whose anchors are about to disappear. */
function writeOutAliases(document: Document): void {
  const replaced = previewedKeys
    .flatMap((key) => formsOfKey(key))
    .map((form) => document.getIn(["config", form], true))
    .filter(isNode);
  const anchored = new Set<Node>();
  for (const node of replaced)
    visit(node, {
      Node(_key, inner) {
        if (!isAlias(inner) && inner.anchor !== undefined) anchored.add(inner);
      },
    });
  if (anchored.size === 0) return;
  visit(document, {
    Node(_key, node) {
      if (replaced.includes(node)) return visit.SKIP;
      const target = isAlias(node) ? node.resolve(document) : undefined;
      if (target === undefined || !anchored.has(target)) return undefined;
      return copyOf(target);
    },
  });
}

/** Copies a node without its anchor. */
function copyOf(node: Node | undefined): Node | undefined {
  const copy = node?.clone() as (Node & { anchor?: string }) | undefined;
  delete copy?.anchor;
  return copy;
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
