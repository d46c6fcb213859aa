import { dehydrate, HydrationBoundary, QueryClient } from '@tanstack/react-query';
import type { ReactNode } from 'react';

type PrefetchedProps = { load: (queries: QueryClient) => Promise<unknown>[]; children: ReactNode };

/**
 * Reads on the server what the client components below will ask for, and hands it over. A read that fails here is
 * left out: the browser asks again and shows the error with its way to retry.
 */
export async function Prefetched({ load, children }: PrefetchedProps) {
  const queries = new QueryClient();
  await Promise.all(load(queries));
  return <HydrationBoundary state={dehydrate(queries)}>{children}</HydrationBoundary>;
}
