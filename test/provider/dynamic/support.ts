import { type NewRun, newRun } from "./process";

/** What the engine passes for a value that a preview does not know yet. */
export const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

export const apiUrl = "https://api.tenants.resistant.ai/v0";

/** Begins a run and configures it, as the engine does before it calls any method of a provider. */
export function configuredRun(stage: "testing" | "production" = "production"): NewRun {
  const begun = newRun();
  const settings: Record<string, string> = { "tenants:stage": stage };
  begun.configure({ config: { get: (key) => settings[key] } });
  return begun;
}
