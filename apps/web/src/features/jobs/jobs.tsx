'use client';

import { Card } from '@billingos/ui/components/card';
import { EmptyState } from '@billingos/ui/components/empty-state';
import { PageHeader } from '@billingos/ui/components/page-header';
import { useQuery } from '@tanstack/react-query';
import { ListChecks } from 'lucide-react';
import { parseAsStringLiteral, useQueryState } from 'nuqs';
import { ChoiceFilter } from '../../listing/choice-filter.tsx';
import { PagedList } from '../../listing/paged-list.tsx';
import { usePages } from '../../listing/pages.ts';
import { useEnvironment } from '../merchants/environment-context.tsx';
import { JobsTable } from './jobs-table.tsx';
import { jobsQuery, jobStates } from './queries.ts';

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
          <ChoiceFilter
            label="State"
            choices={jobStates}
            wordOf={(one) => one[0]?.toUpperCase() + one.slice(1)}
            everyLabel="Every state"
            value={state}
            onChoose={(value) => {
              pages.restart();
              void setState(value);
            }}
          />
        </div>
        <PagedList
          query={jobs}
          pages={pages}
          noun={['job', 'jobs']}
          empty={
            <EmptyState icon={ListChecks} title={state === 'failed' ? 'Nothing has failed' : 'No jobs here'}>
              Jobs appear when something happens: a payment, a webhook, a batch of usage.
            </EmptyState>
          }
        >
          {(data) => <JobsTable jobs={data} />}
        </PagedList>
      </Card>
    </>
  );
}
