'use client';

import { parseAsArrayOf, parseAsString, useQueryState } from 'nuqs';

const parser = parseAsArrayOf(parseAsString).withDefault([]).withOptions({ history: 'push', scroll: true });

/**
 * Paging in the address: `?pages=` holds the cursors walked so far, so Back, reload and a shared link all open the same
 * page although the API only knows "after this one".
 */
export function usePages() {
  const [cursors, setCursors] = useQueryState('pages', parser);
  return {
    cursor: cursors.at(-1),
    number: cursors.length + 1,
    forward: (cursor: string) => void setCursors([...cursors, cursor]),
    back: () => void setCursors(cursors.length > 1 ? cursors.slice(0, -1) : null),
    restart: () => void setCursors(null),
  };
}
