import { type HostRules, refusalOfUrl, type UrlRefusal, type UrlUse } from "./hosts";
import type { ApiApplication, ApiCredentials, ApiTenant } from "./schemas";
import { printable } from "./text";

/**
 * Compares a created object in the API's response with the request. The API's texts were escaped and
 * shortened when parsed (`printable`), so the requested ones are compared in the same form.
 */

/**
 * Describes how a new tenant differs from the request. Differing cells do not count: they only affect the Web UI, and
 * cannot be changed.
 */
export function tenantDifferences(asked: { name: string }, made: Pick<ApiTenant, "name">): string[] {
  return differenceOfText("name", asked.name, made.name);
}

/** Describes how an application differs from the request, in the fields that every answer contains. */
export function applicationDifferences(
  asked: { cell: string; scopes: readonly string[] },
  made: Pick<ApiApplication, "cell" | "scopes">,
): string[] {
  return [
    ...differenceOfText("cell", asked.cell, made.cell),
    ...differenceOfSet("scopes", asked.scopes, made.scopes),
  ];
}

/** Lists the refused URLs of an application's servers, which would get a credential. */
export function serverRefusals(
  { authServer, tokenUrl }: Pick<ApiApplication, "authServer" | "tokenUrl">,
  rules: HostRules,
): UrlRefusal[] {
  return refusals({ auth_server: authServer, token_url: tokenUrl }, "token", rules);
}

/** Lists the refused Web UI links of a tenant, where people would log in. */
export function linkRefusals({ webUiUrls }: Pick<ApiTenant, "webUiUrls">, rules: HostRules): UrlRefusal[] {
  const named = Object.entries(webUiUrls).map(([cell, url]) => [`documents-ui of ${cell}`, url] as const);
  return refusals(Object.fromEntries(named), "webUi", rules);
}

/** Each refusal contains the name of its URL. */
function refusals(urls: Readonly<Record<string, string>>, use: UrlUse, rules: HostRules): UrlRefusal[] {
  return Object.entries(urls).flatMap(([name, url]) => {
    const refusal = refusalOfUrl(url, use, rules);
    return refusal === undefined ? [] : [{ ...refusal, problem: `"${name}" ${refusal.problem}` }];
  });
}

/** Describes how a new application's credentials differ from the request, without any credential. */
export function credentialDifferences(
  asked: { type: ApiCredentials["type"]; keyId?: string },
  made: ApiCredentials,
): string[] {
  return [
    ...differenceOfText("credentials.type", asked.type, made.type),
    ...(asked.keyId === undefined || "clientSecret" in made
      ? []
      : differenceOfText("credentials.kid", asked.keyId, made.keyId)),
  ];
}

function differenceOfText(what: string, asked: string, made: string): string[] {
  const expected = printable(asked);
  return made === expected ? [] : [`"${what}" is "${made}", not "${expected}"`];
}

function differenceOfSet(what: string, asked: readonly string[], made: readonly string[]): string[] {
  const expected = new Set(asked.map(printable));
  const found = new Set(made);
  return found.size === expected.size && [...expected].every((member) => found.has(member))
    ? []
    : [`"${what}" is [${printable(made.join(", "))}], not [${[...expected].join(", ")}]`];
}

/** Returns whether two lists have the same members in any order. The API may list one twice. */
export function sameMembers(a: readonly string[], b: readonly string[]): boolean {
  const [one, other] = [new Set(a), new Set(b)];
  return one.size === other.size && [...one].every((member) => other.has(member));
}
