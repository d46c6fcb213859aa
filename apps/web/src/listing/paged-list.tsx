'use client';

import { TableSkeleton } from '@billingos/ui/components/skeleton';
import type { UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { QueryStates } from '../api/query-states.tsx';
import { Pager } from './pager.tsx';
import type { usePages } from './pages.ts';

type PagedListProps<Row> = {
  query: UseQueryResult<{ data: Row[]; next_cursor: string | null }>;
  pages: ReturnType<typeof usePages>;
  /** What it lists: one of it, and several. */
  noun: readonly [one: string, several: string];
  empty: ReactNode;
  children: (rows: Row[]) => ReactNode;
};

/** One page of a list in each of its states, with the way to the next beneath. */
export function PagedList<Row>({ query, pages, noun: [one, several], empty, children }: PagedListProps<Row>) {
  return (
    <QueryStates query={query} loading={<TableSkeleton label={`Loading ${several}`} />}>
      {({ data, next_cursor }) =>
        data.length > 0 ? (
          <>
            {children(data)}
            <Pager
              pages={pages}
              next_cursor={next_cursor}
              summary={`${data.length} ${data.length === 1 ? one : several}`}
            />
          </>
        ) : (
          empty
        )
      }
    </QueryStates>
  );
}
