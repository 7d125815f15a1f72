/** Describes since when, or until when, a secret is marked for deletion: AWS documents its `DeletedDate` as either. */
export function describeDeletion(deletedAt: string): string {
  return `${Date.parse(deletedAt) > Date.now() ? "planned for" : "started"} ${deletedAt}`;
}

/** Writes a command as the user would type it. */
export function typedCommand(words: readonly string[]): string {
  return words.map(quoted).join(" ");
}

/** Quotes a word for a POSIX shell if necessary. */
function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
