import { strict as assert } from "node:assert";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";

const root = path.join(__dirname, "../..");
const pages = ["README.md", "CHANGELOG.md", "provider/README.md", ...filesIn("docs", /^[a-z-]+\.md$/)];
const sources = [
  "cli",
  "examples",
  "operations",
  "policy",
  "provider",
  "sandbox",
  "service",
  "stacks",
].flatMap((folder) => filesIn(folder, /^(?!.*\b(?:node_modules|dist)\/).*\.(?:ts|yaml)$/));

/** The files below a folder whose path in it has a form. */
function filesIn(folder: string, form: RegExp): string[] {
  return readdirSync(path.join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((file) => form.test(file))
    .map((file) => path.join(folder, file));
}

const read = (file: string): string => readFileSync(path.join(root, file), "utf8");

/** The text of a page without its programs, in which brackets are no links and `#` begins a comment. */
const proseOf = (page: string): string => read(page).replaceAll(/^ *```[^]*?^ *```/gm, "");

/** The anchors of a page's headings, as GitHub makes them. */
function anchorsOf(page: string): Set<string> {
  const headings = [...proseOf(page).matchAll(/^#+ (.+)$/gm)].map(([, title = ""]) => title);
  return new Set(
    headings.map((title) =>
      title
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}\-_ ]/gu, "")
        .replaceAll(" ", "-"),
    ),
  );
}

/** The reasons why a link leads nowhere. */
function problemsOf(page: string, link: string): string[] {
  const [file = "", anchor] = link.split("#");
  const target = file === "" ? page : path.join(path.dirname(page), file);
  if (!existsSync(path.join(root, target))) return [`${page}: ${link}: there is no ${target}`];
  if (anchor === undefined || anchorsOf(target).has(anchor)) return [];
  return [`${page}: ${link}: ${target} has no such heading`];
}

describe("the links of the pages", () => {
  it("lead to a file, and to a heading in it", () => {
    const links = pages.flatMap((page) =>
      [...proseOf(page).matchAll(/\]\((?!https?:)([^)\s]+)\)/g)].map(([, link = ""]) => ({ page, link })),
    );
    assert.ok(links.length > 100, "the links were not found");
    assert.deepEqual(
      links.flatMap(({ page, link }) => problemsOf(page, link)),
      [],
    );
  });

  it("name an existing page in messages and comments, too", () => {
    const named = sources.flatMap((file) =>
      [...read(file).matchAll(/\bdocs\/[a-z-]+\.md\b/g)].map(([page]) => ({ file, page })),
    );
    assert.ok(named.length > 5, "the pages were not found");
    assert.deepEqual(
      named.filter(({ page }) => !existsSync(path.join(root, page))),
      [],
    );
  });
});
