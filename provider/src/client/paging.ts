/**
 * Resolves a link in an answer of the API, to the next page or to a created object. It never leads to another host: a
 * request contains a token.
 *
 * @param page the URL that was asked
 * @param href a path relative to the API's base URL (`/tenants?…`), or one that already starts with the base's path; or
 *   a query alone, relative to the page's own URL
 * @returns undefined if it leads out of the API
 */
export function resolveNextPage(apiUrl: string, page: URL, href: string): URL | undefined {
  const base = new URL(apiUrl);
  const basePath = base.pathname.replace(/\/+$/, "");
  const isUnderBase = (url: URL | null): url is URL =>
    url?.origin === base.origin &&
    url.pathname.startsWith(`${basePath}/`) &&
    url.username === "" &&
    url.password === "" &&
    !hasDotSegment(href);
  const asGiven = URL.parse(href, href.startsWith("?") ? page.href : apiUrl.replace(/\/*$/, "/"));
  if (isUnderBase(asGiven)) return asGiven;
  const belowBase = /^\/(?!\/)/.test(href) ? URL.parse(`${base.origin}${basePath}${href}`) : null;
  return isUnderBase(belowBase) ? belowBase : undefined;
}

/** `..` removes the segment before it, so the destination would depend on what the path is appended to. */
function hasDotSegment(href: string): boolean {
  return /(?:^|[/\\])(?:\.|%2e){1,2}(?:[/\\?#]|$)/i.test(href);
}
