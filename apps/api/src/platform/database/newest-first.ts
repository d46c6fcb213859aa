import { type SelectQueryBuilder, sql } from 'kysely';
import type { PageRequest } from '../http/schemas.ts';

/**
 * Ends a list's query: the newest first by `column`, an id that sorts by time, from the page's cursor on, and one row
 * more than a page holds, by which `pageFrom` knows whether there is another.
 */
export function newestFirst(column: string, page: PageRequest) {
  return <DB, TB extends keyof DB, O>(
    query: SelectQueryBuilder<DB, TB, O>,
  ): SelectQueryBuilder<DB, TB, O> => {
    const id = sql.ref<string>(column);
    const fromCursor = page.cursor === undefined ? query : query.where(id, '<', page.cursor);
    return fromCursor.orderBy(id, 'desc').limit(page.limit + 1);
  };
}
