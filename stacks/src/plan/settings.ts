import type { SettingChange } from "./report";

/** A setting of the stack, as it was or is. */
export interface Setting {
  value: string;
  isSecret: boolean;
}

/** The settings of a stack by name: `journal`, `aws:region`. */
export type Settings = ReadonlyMap<string, Setting>;

/** The keys that are no settings: what they declare is compared customer by customer, or goes on record by itself. */
const others = new Set(["tenants:customers", "tenants:customersFrom", "tenants:reason"]);

/** The keys of credentials: no value of theirs is told, whether it is encrypted in the file or not. */
const credentials = new Set(["tenants:privateKey", "aws:secretKey", "aws:token"]);

/** Finds the settings in a stack's whole configuration: `tenants:*` and `aws:*`. */
export function toSettings(
  configuration: Readonly<Record<string, unknown>>,
  secretKeys: ReadonlySet<string>,
): Map<string, Setting> {
  const settings = Object.entries(configuration).flatMap(([key, value]) =>
    typeof value === "string" && /^(?:tenants|aws):/.test(key) && !others.has(key)
      ? [[settingName(key), { value, isSecret: secretKeys.has(key) || isCredential(key, value) }] as const]
      : [],
  );
  return new Map(settings);
}

/** A URL that names a user may hold the user's password. */
function isCredential(key: string, value: string): boolean {
  return credentials.has(key) || /\/\/[^/\s"]*@/.test(value);
}

function settingName(key: string): string {
  return key.replace(/^tenants:/, "");
}

/** Finds what differs, in the order of the names. */
export function changedSettings(before: Settings, after: Settings): SettingChange[] {
  const names = [...new Set([...before.keys(), ...after.keys()])].sort();
  return names.flatMap((setting): SettingChange[] => {
    const [was, is] = [before.get(setting), after.get(setting)];
    if (was?.value === is?.value) return [];
    if (was?.isSecret === true || is?.isSecret === true) return [{ setting, isSecret: true }];
    return [
      {
        setting,
        ...(was === undefined ? {} : { before: was.value }),
        ...(is === undefined ? {} : { after: is.value }),
      },
    ];
  });
}
