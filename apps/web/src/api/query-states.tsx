'use client';

import { ErrorState } from '@billingos/ui/components/error-state';
import type { UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { describeError } from './errors.ts';

type QueryStatesProps<Data> = {
  query: UseQueryResult<Data>;
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
