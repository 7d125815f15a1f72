import type { ComponentChildren, VNode } from "preact";
import { render } from "preact-render-to-string";

import type { Person } from "../identity/person";

/** What every page shows around its own content. */
export interface LayoutProps {
  title: string;
  /** Whoever is logged in; undefined before. */
  person: Pick<Person, "name" | "subject" | "roles"> | undefined;
  /** Whether the page follows something as it happens. */
  isLive?: boolean;
  children: ComponentChildren;
}

/** The frame of every page: what can be done, who is logged in, the content. */
export function Layout({ title, person, isLive = false, children }: LayoutProps) {
  const isAuditor = person?.roles.some((role) => role === "auditor" || role === "administrator") === true;
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>{`${title} – Tenants`}</title>
        <link rel="stylesheet" href="/assets/pico.css" />
        <link rel="stylesheet" href="/assets/page.css" />
        {isLive && <script src="/assets/live.js" defer />}
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
                  <li>
                    <a href="/requests">Requests</a>
                  </li>
                  <li>
                    <a href="/customers">Customers</a>
                  </li>
                  {isAuditor && (
                    <li>
                      <a href="/audit">Audit log</a>
                    </li>
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
        </header>
        <main id="content" class="container">
          <h1>{title}</h1>
          {children}
        </main>
      </body>
    </html>
  );
}

/** Writes a page. Whatever is not an element of it is text, and escaped. */
export function renderPage(page: VNode): string {
  return `<!doctype html>\n${render(page)}\n`;
}
