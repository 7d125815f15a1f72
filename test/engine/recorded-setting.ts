/** Writes a setting as it stands in an exported state: what customers record is one text there. */
export function recordedSetting(name: string, value: string): string {
  return JSON.stringify(`"${name}":"${value}"`).slice(1, -1);
}

/** Finds the package version that customers recorded in an exported state. */
export function recordedVersion(exported: string): string | undefined {
  return /\\"package version\\":\\"([^"\\]+)/.exec(exported)?.[1];
}
