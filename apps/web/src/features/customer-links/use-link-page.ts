import { useCallback, useEffect, useState } from 'react';
import { ask } from './customer-api.ts';

/** What a link opens, as far as it is read. */
export type LinkPage<Page> = {
  page: Page | undefined;
  problem: Error | undefined;
  /** Reads it, again too. */
  load: () => void;
  /** What a later answer says instead. */
  show: (page: Page) => void;
  fail: (problem: Error) => void;
};

/** Reads what a link opens. `onRead` must stay the same function, or it is read again. */
export function useLinkPage<Page>(
  apiUrl: string,
  path: string,
  onRead?: (page: Page) => void,
): LinkPage<Page> {
  const [page, show] = useState<Page>();
  const [problem, fail] = useState<Error>();
  const load = useCallback(() => {
    fail(undefined);
    ask<Page>(apiUrl, path).then((read) => {
      show(read);
      onRead?.(read);
    }, fail);
  }, [apiUrl, path, onRead]);
  useEffect(load, [load]);
  return { page, problem, load, show, fail };
}
