'use client';

import { Button } from '@billingos/ui/components/button';
import { Card, CardHeader } from '@billingos/ui/components/card';
import { EmptyState } from '@billingos/ui/components/empty-state';
import { PageHeader } from '@billingos/ui/components/page-header';
import { TableSkeleton } from '@billingos/ui/components/skeleton';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Scale } from 'lucide-react';
import { toast } from 'sonner';
import { unwrap } from '../../api/client.ts';
import { describeError } from '../../api/errors.ts';
import { QueryStates } from '../../api/query-states.tsx';
import type { ReconciliationRun } from '../../api/types.ts';
import type { CsvColumn } from '../../listing/csv.ts';
import { ExportButton } from '../../listing/export-button.tsx';
import { useEnvironment } from '../merchants/environment-context.tsx';
import { Discrepancies } from './discrepancies.tsx';
import { loadRuns, reconciliationKeys, runsQuery } from './queries.ts';
import { comparedBy } from './run-words.ts';
import { RunsTable } from './runs-table.tsx';

const running_ms = 3_000;
const quiet_ms = 30_000;

const columns: readonly CsvColumn<ReconciliationRun>[] = [
  { header: 'id', value: (row) => row.id },
  { header: 'trigger', value: (row) => row.trigger },
  { header: 'state', value: (row) => row.state },
  { header: 'compared', value: comparedBy },
  { header: 'found', value: (row) => row.found },
  { header: 'repaired', value: (row) => row.repaired },
  { header: 'requests', value: (row) => row.requests },
  { header: 'error', value: (row) => row.error },
  { header: 'started_at', value: (row) => row.started_at },
  { header: 'finished_at', value: (row) => row.finished_at },
];

export function Reconciliation() {
  const { api, can } = useEnvironment();
  const runs = useQuery({
    ...runsQuery(api),
    refetchInterval: ({ state }) =>
      state.data?.some((run) => run.state === 'running') ? running_ms : quiet_ms,
  });
  return (
    <>
      <PageHeader
        title="Reconciliation"
        description="Every hour, what is here is compared with Stripe. Where they differ, Stripe is right and it is repaired."
        actions={can('operations:write') ? <RunButton /> : null}
      />
      <div className="grid gap-4">
        <Card>
          <CardHeader
            title="Runs"
            action={
              <ExportButton
                name="reconciliation-runs"
                columns={columns}
                load={(cursor) => loadRuns(api, { cursor, limit: 100 })}
              />
            }
          />
          <QueryStates query={runs} loading={<TableSkeleton rows={3} label="Loading runs" />}>
            {(data) =>
              data.length > 0 ? (
                <RunsTable runs={data} />
              ) : (
                <EmptyState icon={Scale} title="No run yet">
                  The first one comes within the hour once Stripe is connected. You can also start one.
                </EmptyState>
              )
            }
          </QueryStates>
        </Card>
        <Discrepancies />
      </div>
    </>
  );
}

function RunButton() {
  const { api } = useEnvironment();
  const queries = useQueryClient();
  const start = useMutation({
    mutationFn: () => unwrap(api.client.POST('/api/v1/reconciliation/runs')),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: reconciliationKeys.all(api) });
      toast.success('The comparison has begun');
    },
    onError: (error) => toast.error(describeError(error).message),
  });
  return (
    <Button variant="primary" pending={start.isPending} onClick={() => start.mutate()}>
      Run now
    </Button>
  );
}
