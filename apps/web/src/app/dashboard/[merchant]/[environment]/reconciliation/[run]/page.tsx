import type { Metadata } from 'next';
import { Prefetched } from '#api/prefetched.tsx';
import { openEnvironment } from '#features/merchants/me.ts';
import { runQuery } from '#features/reconciliation/queries.ts';
import { RunDetail } from '#features/reconciliation/run-detail.tsx';

export const metadata: Metadata = { title: 'Reconciliation run' };

type RunPageProps = { params: Promise<{ merchant: string; environment: string; run: string }> };

export default async function RunPage({ params }: RunPageProps) {
  const { api } = await openEnvironment(params);
  const id = decodeURIComponent((await params).run);
  return (
    <Prefetched load={(queries) => [queries.prefetchQuery(runQuery(api, id))]}>
      <RunDetail id={id} />
    </Prefetched>
  );
}
