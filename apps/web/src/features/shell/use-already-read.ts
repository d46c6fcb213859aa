import { notifyManager, useQueryClient, type DataTag, type QueryKey } from '@tanstack/react-query';
import { useCallback, useSyncExternalStore } from 'react';

/**
 * What somebody else has read under this key, and undefined until then. It asks for nothing: a query that the frame puts
 * into the cache before its page is there would keep the page from showing what the server has read for it.
 */
export function useAlreadyRead<Data>(queryKey: DataTag<QueryKey, Data, unknown>): Data | undefined {
  const queries = useQueryClient();
  const subscribe = useCallback(
    (changed: () => void) => queries.getQueryCache().subscribe(notifyManager.batchCalls(changed)),
    [queries],
  );
  return useSyncExternalStore(
    subscribe,
    () => queries.getQueryData<Data>(queryKey),
    () => undefined,
  );
}
