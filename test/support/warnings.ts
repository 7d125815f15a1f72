/** Collects the warnings of a test instead of printing them. */
export function useWarnings(): string[] {
  const { warn } = console;
  const warnings: string[] = [];
  beforeEach(() => {
    warnings.length = 0;
    console.warn = (text: string) => warnings.push(text);
  });
  afterEach(() => {
    console.warn = warn;
  });
  return warnings;
}
