/** Which part of a list is asked for. */
export interface Paging {
  limit: number;
  /** The `next` of the page before. */
  after?: string | undefined;
}

/** A part of a list; `next` where there is more. */
export interface Page<T> {
  items: T[];
  next?: string;
}

/**
 * Makes a page of rows.
 *
 * @param rows - One more than the limit, where there is more.
 */
export function pageOf<T>(rows: readonly T[], limit: number, keyOf: (row: T) => string): Page<T> {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return rows.length > limit && last !== undefined ? { items, next: keyOf(last) } : { items };
}
