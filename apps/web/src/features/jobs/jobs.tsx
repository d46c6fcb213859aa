'use client';

import { Card } from '@billingos/ui/components/card';
import { EmptyState } from '@billingos/ui/components/empty-state';
import { PageHeader } from '@billingos/ui/components/page-header';
import { Select } from '@billingos/ui/components/select';
import { TableSkeleton } from '@billingos/ui/components/skeleton';
import { useQuery } from '@tanstack/react-query';
import { ListChecks } from 'lucide-react';
import { parseAsStringLiteral, useQueryState } from 'nuqs';
import { QueryStates } from '../../api/query-states.tsx';
import { Pager } from '../../listing/pager.tsx';
import { usePages } from '../../listing/pages.ts';
import { useEnvironment } from '../merchants/environment-context.tsx';
import { JobsTable } from './jobs-table.tsx';
import { jobsQuery, jobStates } from './queries.ts';

const every = 'all';

export function Jobs() {
  const { api } = useEnvironment();
  const [state, setState] = useQueryState('state', parseAsStringLiteral(jobStates));
  const pages = usePages();
  const jobs = useQuery(jobsQuery(api, { state: state ?? undefined, cursor: pages.cursor }));
  return (
    <>
      <PageHeader
        title="Jobs"
        description="Work done behind the scenes. What failed for good stays here until somebody runs it again."
      />
      <Card>
        <div className="p-3">
          <Select
            aria-label="State"
            className="w-40"
            value={state ?? every}
            options={[
              { value: every, label: 'Every state' },
              ...jobStates.map((value) => ({ value, label: value[0]?.toUpperCase() + value.slice(1) })),
            ]}
            onValueChange={(value) => {
              pages.restart();
              void setState(jobStates.find((known) => known === value) ?? null);
            }}
          />
        </div>
        <QueryStates query={jobs} loading={<TableSkeleton label="Loading jobs" />}>
          {({ data, next_cursor }) =>
            data.length > 0 ? (
              <>
                <JobsTable jobs={data} />
                <Pager
                  pages={pages}
                  next_cursor={next_cursor}
                  summary={`${data.length} ${data.length === 1 ? 'job' : 'jobs'}`}
                />
              </>
            ) : (
              <EmptyState
                icon={ListChecks}
                title={state === 'failed' ? 'Nothing has failed' : 'No jobs here'}
              >
                Jobs appear when something happens: a payment, a webhook, a batch of usage.
              </EmptyState>
            )
          }
        </QueryStates>
      </Card>
    </>
  );
}
