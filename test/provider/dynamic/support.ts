import { configure } from "../../../provider/src/dynamic/run/session";

/** What the engine passes for a value that a preview does not know yet. */
export const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

export const apiUrl = "https://api.tenants.resistant.ai/v0";

/** Configures the provider, as the engine does before it calls any of its methods. */
export function configureProvider(stage: "testing" | "production" = "production"): void {
  const settings: Record<string, string> = { "tenants:stage": stage };
  configure({ config: { get: (key) => settings[key] } });
}
