/**
 * Returns a key as the engine reads it, from any form that a file may contain: without a namespace it has the project's
 * name as one, and `tenants:config:owner`, the engine's earlier form, is `tenants:owner`.
 *
 * @param project the project's name; undefined to leave a key without a namespace as it is
 */
export function keyOfEngine(key: string, project?: string): string {
  if (!key.includes(":") && project !== undefined) return `${project}:${key}`;
  return key.replace(/^([^:]*):config:([^:]+)$/, "$1:$2");
}

/**
 * Returns the forms in which a file may contain a key: the present one, the engine's earlier one and, in a project with
 * its namespace as name, the one without a namespace.
 *
 * @param key with its namespace
 * @param project the project's name
 */
export function formsOfKey(key: string, project?: string): string[] {
  const isOfProject = project !== undefined && key.startsWith(`${project}:`);
  return [key, key.replace(":", ":config:"), ...(isOfProject ? [key.slice(project.length + 1)] : [])];
}
