/** Selects a page of a list. */
export interface Paging {
  limit: number;
  /** The `next` of the previous page. */
  after?: string | undefined;
}

/** A page of a list; `next` is set if there are more. */
export interface Page<T> {
  items: T[];
  next?: string;
}

/**
 * Makes a page of rows.
 *
 * @param rows - One more than the limit, if there are more.
 */
export function pageOf<T>(rows: readonly T[], limit: number, keyOf: (row: T) => string): Page<T> {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return rows.length > limit && last !== undefined ? { items, next: keyOf(last) } : { items };
}
