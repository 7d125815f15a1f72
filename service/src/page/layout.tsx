import type { ComponentChildren, VNode } from "preact";
import { render } from "preact-render-to-string";

import type { Person } from "../person";

/** The parts of every page around its content. */
export interface LayoutProps {
  title: string;
  /** The person who is logged in; undefined without one. */
  person: Pick<Person, "name" | "subject" | "roles"> | undefined;
  /** The path of the page: the navigation marks its link as current. */
  path?: string;
  /** Where the browser goes on to by itself. */
  next?: string | undefined;
  children: ComponentChildren;
}

/** The frame of every page: navigation, the person, the content. */
export function Layout({ title, person, path = "", next, children }: LayoutProps) {
  const isAuditor = person?.roles.some((role) => role === "auditor" || role === "administrator") === true;
  const here = path.split("?")[0] ?? "";
  const link = (href: string, text: string) => (
    <li>
      <a href={href} aria-current={here === href || here.startsWith(`${href}/`) ? "page" : undefined}>
        {text}
      </a>
    </li>
  );
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        {next !== undefined && <meta http-equiv="refresh" content={`0; url=${next}`} />}
        <title>{`${title} – Tenants`}</title>
        <link rel="stylesheet" href="/assets/pico.css" />
        <link rel="stylesheet" href="/assets/page.css" />
        <script src="/assets/live.js" defer />
      </head>
      <body>
        <a class="skip" href="#content">
          Skip to the content
        </a>
        <header class="container">
          <nav aria-label="Main">
            <ul>
              <li>
                <a href="/">
                  <strong>Tenants</strong>
                </a>
              </li>
              {person !== undefined && (
                <>
                  {link("/requests", "Requests")}
                  {link("/customers", "Customers")}
                  {link("/due", "Due")}
                  {person.roles.includes("approver") && link("/away", "I am away")}
                  {isAuditor && (
                    <>
                      {link("/audit", "Audit log")}
                      {link("/administration", "Administration")}
                    </>
                  )}
                </>
              )}
            </ul>
            {person !== undefined && (
              <ul>
                <li>
                  {person.name ?? person.subject}
                  <small> {person.roles.join(", ") || "no role"}</small>
                </li>
                <li>
                  <form method="post" action="/logout">
                    <button class="secondary outline">Log out</button>
                  </form>
                </li>
              </ul>
            )}
          </nav>
          {person !== undefined && (
            <form method="get" action="/search" role="search" aria-label="Everything" class="find">
              <input
                name="q"
                type="search"
                aria-label="Search customers, requests and the audit log"
                placeholder="Search"
              />
            </form>
          )}
        </header>
        <main id="content" class="container">
          <h1>{title}</h1>
          {children}
        </main>
      </body>
    </html>
  );
}

/** Renders a page. Everything but its elements is text, and escaped. */
export function renderPage(page: VNode): string {
  return `<!doctype html>\n${render(page)}\n`;
}
