'use client';

import { ErrorState } from '@billingos/ui/components/error-state';
import type { ReactNode } from 'react';
import { describeError } from './errors.ts';

/** As much of a query as its states need: of one that reads once, or page after page. */
type Query<Data> = {
  data: Data | undefined;
  isError: boolean;
  error: Error | null;
  refetch: () => Promise<unknown>;
};

type QueryStatesProps<Data> = {
  query: Query<Data>;
  loading: ReactNode;
  children: (data: Data) => ReactNode;
};

/** The states of a read: loading, failed with a way to retry, or its data (which says itself when it is empty). */
export function QueryStates<Data>({ query, loading, children }: QueryStatesProps<Data>) {
  if (query.data !== undefined) return children(query.data);
  if (query.isError)
    return <ErrorState {...describeError(query.error)} onRetry={() => void query.refetch()} />;
  return loading;
}
