import { createHash } from "node:crypto";

import { z } from "zod";

import type { SettingChange } from "./report";

/** A setting of the stack, before or after. */
export interface Setting {
  /** For a secret setting only its fingerprint, which shows whether it changes. */
  value: string;
  isSecret: boolean;
}

/** The settings of a stack by name: `journal`, `aws:region`. */
export type Settings = ReadonlyMap<string, Setting>;

/** The keys that are not settings: what they declare is compared per customer, or recorded separately. */
const others = new Set(["tenants:customers", "tenants:customersFrom", "tenants:reason"]);

/** The keys of credentials: their values are never shown, whether the file encrypts them or not. */
const credentials = new Set(["tenants:privateKey", "aws:secretKey", "aws:token"]);

/** Finds the settings in a stack's whole configuration: `tenants:*` and `aws:*`. */
export function toSettings(
  configuration: Readonly<Record<string, unknown>>,
  secretKeys: ReadonlySet<string>,
): Map<string, Setting> {
  const settings = Object.entries(configuration).flatMap(([key, value]) =>
    typeof value === "string" && /^(?:tenants|aws):/.test(key) && !others.has(key)
      ? [[settingName(key), toSetting(value, secretKeys.has(key) || isCredential(key, value))] as const]
      : [],
  );
  return new Map(settings);
}

/** A URL with a user may contain the user's password. */
function isCredential(key: string, value: string): boolean {
  return credentials.has(key) || /\/\/[^/\s"]*@/.test(value);
}

function toSetting(value: string, isSecret: boolean): Setting {
  return { value: isSecret ? fingerprint(value) : value, isSecret };
}

function fingerprint(value: string): string {
  return createHash("sha256").update(value).digest("hex");
}

/** A value that becomes encrypted, or is no longer encrypted, is the same value. */
function isSame(one: Setting | undefined, other: Setting | undefined): boolean {
  if (one === undefined || other === undefined) return one === other;
  const isSecret = one.isSecret || other.isSecret;
  const [was, is] = [one, other].map((setting) =>
    isSecret && !setting.isSecret ? fingerprint(setting.value) : setting.value,
  );
  return was === is;
}

function settingName(key: string): string {
  return key.replace(/^tenants:/, "");
}

/** Settings as a customer records them. */
export const recordedSettingsSchema = z.record(
  z.string(),
  z.union([z.string(), z.object({ sha256: z.string() })]),
);

export type RecordedSettings = z.output<typeof recordedSettingsSchema>;

/** Returns settings as a customer records them. */
export function toRecordedSettings(settings: Settings): RecordedSettings {
  return Object.fromEntries(
    [...settings].map(([name, { value, isSecret }]) => [name, isSecret ? { sha256: value } : value]),
  );
}

/** Reads the settings that a customer recorded. */
export function fromRecordedSettings(recorded: RecordedSettings): Settings {
  return new Map(
    Object.entries(recorded).map(([name, one]) => [
      name,
      typeof one === "string" ? { value: one, isSecret: false } : { value: one.sha256, isSecret: true },
    ]),
  );
}

/** Finds the differences, in the order of the names. */
export function changedSettings(before: Settings, after: Settings): SettingChange[] {
  const names = [...new Set([...before.keys(), ...after.keys()])].sort();
  return names.flatMap((setting): SettingChange[] => {
    const [was, is] = [before.get(setting), after.get(setting)];
    if (isSame(was, is)) return [];
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
