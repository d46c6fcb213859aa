'use client';

import { Badge } from '@billingos/ui/components/badge';
import { Notice } from '@billingos/ui/components/notice';
import { PageHeader } from '@billingos/ui/components/page-header';
import { PageSkeleton } from '@billingos/ui/components/skeleton';
import { useQuery } from '@tanstack/react-query';
import { ApiError } from '../../api/errors.ts';
import { QueryStates } from '../../api/query-states.tsx';
import type { StripeImport } from '../../api/types.ts';
import { formatMoment } from '../../formatting/dates.ts';
import { Missing } from '../../listing/missing.tsx';
import { useEnvironment } from '../merchants/environment-context.tsx';
import { ImportCounts } from './import-counts.tsx';
import { ImportItems } from './import-items.tsx';
import { ImportNow } from './import-now.tsx';
import { groupWords, importStates } from './import-words.ts';
import { importQuery } from './queries.ts';

/** What an import did, or what it would do and the way to do it. */
export function ImportReport({ id }: { id: string }) {
  const { api, can, href } = useEnvironment();
  const report = useQuery(importQuery(api, id));
  if (report.error instanceof ApiError && report.error.status === 404) {
    return <Missing what="import" list={{ href: href('settings/stripe-import'), label: 'All imports' }} />;
  }
  return (
    <QueryStates query={report} loading={<PageSkeleton label="Loading the report" />}>
      {(data) => (
        <>
          <PageHeader
            title={`${data.dry_run ? 'Rehearsal' : 'Import'} of ${formatMoment(data.started_at)}`}
            description={
              <span className="flex flex-wrap items-center gap-2">
                <Badge tone={importStates[data.state].tone}>{importStates[data.state].label}</Badge>
                {data.state === 'running' ? `Reading ${data.phase}` : groupWords[data.groups]}
              </span>
            }
            actions={
              data.dry_run && data.state === 'done' && can('stripe_account:write') ? (
                <ImportNow groups={data.groups} />
              ) : null
            }
          />
          <div className="grid gap-4">
            <Course report={data} />
            <ImportCounts report={data} />
            <ImportItems report={data} />
          </div>
        </>
      )}
    </QueryStates>
  );
}

function Course({ report: { dry_run, state, error } }: { report: StripeImport }) {
  if (error) return <Notice tone="danger">{error}</Notice>;
  if (state !== 'done') return null;
  return dry_run ? (
    <Notice>Nothing was changed. Look at what would be left out, then import.</Notice>
  ) : (
    <Notice tone="success">The import is done. Events of Stripe keep it as it is there.</Notice>
  );
}
