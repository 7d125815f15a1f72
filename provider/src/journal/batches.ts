/**
 * Writes items in the order in which they come, a batch at a time: those that come while one is being written wait for
 * the next, and share it.
 *
 * @param write writes a batch, and resolves with an answer to each of its items; where it throws, it throws for them all
 * @param largest how many items a batch has at most
 * @returns what takes an item, and resolves once it is written
 */
export function inBatches<Item, Answer>(
  write: (items: readonly Item[]) => Promise<readonly Answer[]>,
  largest = Infinity,
): (item: Item) => Promise<Answer> {
  interface Waiting {
    item: Item;
    written: (answer: Answer) => void;
    failed: (error: unknown) => void;
  }
  const waiting: Waiting[] = [];
  let isWriting = false;
  const writeAll = async (): Promise<void> => {
    isWriting = true;
    while (waiting.length > 0) {
      const batch = waiting.splice(0, largest);
      await write(batch.map(({ item }) => item)).then(
        (answers) => {
          for (const [index, { written }] of batch.entries()) written(answers[index] as Answer);
        },
        (error: unknown) => {
          for (const { failed } of batch) failed(error);
        },
      );
    }
    isWriting = false;
  };
  return (item) =>
    new Promise((written, failed) => {
      waiting.push({ item, written, failed });
      if (!isWriting) void writeAll();
    });
}
