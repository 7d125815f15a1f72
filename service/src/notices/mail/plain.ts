/**
 * Makes people's text harmless in a mail: mails are plain text, and a name, a reason or a comment is
 * displayed only as text.
 */

/** Control characters, those that change the direction of text, and invisible ones. */
const unseen = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\u115f\u3164]/gu;

const lineEnd = /\r\n|[\r\n\v\f\u0085\u2028\u2029]/u;

/** The longest text that a mail quotes, in characters. */
const longest = 2_000;

/** Writes a person's text on one line. */
export function oneLine(text: string, most = 200): string {
  return shorten(harmless(text.split(lineEnd).join(" ").replace(/\s+/gu, " ")).trim(), most);
}

/**
 * Quotes a person's text: each line starts with `>`, so that none looks like one of the service's, and a mail
 * program makes no link of an address in it.
 */
export function quoted(text: string): string {
  return shorten(text, longest)
    .split(lineEnd)
    .map((line) => `> ${harmless(line.replaceAll("\t", " "))}`.trimEnd())
    .join("\n");
}

/** The length of a line: longer ones are sent encoded, and cannot be read without a mail program. */
const width = 72;

/** Breaks long lines at spaces; quoted text stays quoted. */
export function wrap(text: string): string {
  return text
    .split("\n")
    .flatMap((line) => {
      const quote = line.startsWith("> ") ? "> " : "";
      const lines: string[] = [];
      let current = "";
      for (const word of line.slice(quote.length).split(" ")) {
        const longer = current === "" ? word : `${current} ${word}`;
        if (current !== "" && quote.length + longer.length > width) {
          lines.push(quote + current);
          current = word;
        } else current = longer;
      }
      return [...lines, quote + current];
    })
    .join("\n");
}

/** Breaks links in a person's text, so that they cannot be clicked. */
function harmless(text: string): string {
  return text
    .replace(unseen, "")
    .replace(/\b([a-z][a-z0-9+.-]*):\/\//giu, "$1[:]//")
    .replace(/\bwww\./giu, "www[.]")
    .replace(/\bmailto:/giu, "mailto[:]");
}

function shorten(text: string, most: number): string {
  const characters = Array.from(text);
  return characters.length <= most ? text : `${characters.slice(0, most).join("")} …`;
}
