import { printable } from "./errors";
import { type HostRules, refusalOfUrl, type UrlRefusal, type UrlUse } from "./hosts";
import type { ApiApplication, ApiCredentials, ApiTenant } from "./schemas";

/*
 * Compares what the API says it made with what was asked for. The API's texts came in escaped and bounded (`printable`):
 * what was asked for is compared in the same form.
 */

/**
 * Tells what of a new tenant is not as it was asked for, for a message. Its cells are no reason to leave it half made: no
 * customer is the worse for a Web UI more or less, and nothing can change them.
 */
export function tenantDifferences(asked: { name: string }, made: Pick<ApiTenant, "name">): string[] {
  return differenceOfText("name", asked.name, made.name);
}

/** Tells what of an application is not as it was asked for, for a message, as far as the API tells it again and again. */
export function applicationDifferences(
  asked: { cell: string; scopes: readonly string[] },
  made: Pick<ApiApplication, "cell" | "scopes">,
): string[] {
  return [
    ...differenceOfText("cell", asked.cell, made.cell),
    ...differenceOfSet("scopes", asked.scopes, made.scopes),
  ];
}

/** Tells which of an application's servers may not be used: a credential would be sent there. */
export function serverRefusals(
  { authServer, tokenUrl }: Pick<ApiApplication, "authServer" | "tokenUrl">,
  rules: HostRules,
): UrlRefusal[] {
  return refusals({ auth_server: authServer, token_url: tokenUrl }, "token", rules);
}

/** Tells which of a tenant's links to its Web UI may not be used: people would log in there. */
export function linkRefusals({ webUiUrls }: Pick<ApiTenant, "webUiUrls">, rules: HostRules): UrlRefusal[] {
  const named = Object.entries(webUiUrls).map(([cell, url]) => [`documents-ui of ${cell}`, url] as const);
  return refusals(Object.fromEntries(named), "webUi", rules);
}

/** Each tells the name of its URL. */
function refusals(urls: Readonly<Record<string, string>>, use: UrlUse, rules: HostRules): UrlRefusal[] {
  return Object.entries(urls).flatMap(([name, url]) => {
    const refusal = refusalOfUrl(url, use, rules);
    return refusal === undefined ? [] : [{ ...refusal, problem: `"${name}" ${refusal.problem}` }];
  });
}

/** Tells what of a new application's credentials is not as it was asked for, for a message, without any credential. */
export function credentialDifferences(
  asked: { type: ApiCredentials["type"]; keyId?: string },
  made: ApiCredentials,
): string[] {
  return [
    ...differenceOfText("credentials.type", asked.type, made.type),
    ...(asked.keyId === undefined || made.type === "CLIENT_SECRET"
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

/** Tells whether two lists hold the same members: their order is no difference. */
export function sameMembers(a: readonly string[], b: readonly string[]): boolean {
  return (
    a.length === b.length &&
    new Set([...a, ...b]).size === new Set(a).size &&
    new Set(b).size === new Set(a).size
  );
}
