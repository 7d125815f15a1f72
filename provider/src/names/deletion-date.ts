/** Says since when, or until when, a secret waits for its deletion: AWS documents its `DeletedDate` as either. */
export function describeDeletion(deletedAt: string): string {
  return `${Date.parse(deletedAt) > Date.now() ? "planned for" : "begun"} ${deletedAt}`;
}
