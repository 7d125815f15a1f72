/** Writes a command as the user would type it. */
export function typedCommand(words: readonly string[]): string {
  return words.map(quoted).join(" ");
}

/** Quotes a word for a POSIX shell, where it has to be. */
function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
