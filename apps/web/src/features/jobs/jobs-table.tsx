'use client';

import { Badge, type BadgeTone } from '@billingos/ui/components/badge';
import { Button } from '@billingos/ui/components/button';
import { Cell, HeaderCell, Table, TableBody, TableHead, TableRow } from '@billingos/ui/components/table';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { RotateCw } from 'lucide-react';
import { toast } from 'sonner';
import { unwrap } from '../../api/client.ts';
import { describeError } from '../../api/errors.ts';
import type { Job } from '../../api/types.ts';
import { Ago } from '../../formatting/time.tsx';
import { useEnvironment } from '../merchants/environment-context.tsx';
import { jobKeys } from './queries.ts';

const tones: Record<Job['state'], BadgeTone> = {
  pending: 'neutral',
  enqueued: 'accent',
  done: 'success',
  failed: 'danger',
};

export function JobsTable({ jobs }: { jobs: readonly Job[] }) {
  const { can } = useEnvironment();
  return (
    <Table label="Jobs">
      <TableHead>
        <tr>
          <HeaderCell>Job</HeaderCell>
          <HeaderCell>Queue</HeaderCell>
          <HeaderCell>State</HeaderCell>
          <HeaderCell className="text-right">Attempts</HeaderCell>
          <HeaderCell>Created</HeaderCell>
          <HeaderCell>
            <span className="sr-only">Actions</span>
          </HeaderCell>
        </tr>
      </TableHead>
      <TableBody>
        {jobs.map((job) => (
          <TableRow key={job.id}>
            <Cell className="max-w-md">
              <span className="font-mono text-xs">{job.name}</span>
              {job.error ? (
                <p className="text-xs break-words whitespace-normal text-danger-ink">{job.error}</p>
              ) : null}
            </Cell>
            <Cell className="text-muted">{job.queue}</Cell>
            <Cell>
              <Badge tone={tones[job.state]} className="capitalize">
                {job.state}
              </Badge>
            </Cell>
            <Cell numeric>{job.attempts}</Cell>
            <Cell className="text-muted">
              <Ago iso={job.created_at} />
            </Cell>
            <Cell className="text-right">
              {job.state === 'failed' && can('operations:write') ? <RetryButton job={job} /> : null}
            </Cell>
          </TableRow>
        ))}
      </TableBody>
    </Table>
  );
}

function RetryButton({ job }: { job: Job }) {
  const { api } = useEnvironment();
  const queries = useQueryClient();
  const retry = useMutation({
    mutationFn: () =>
      unwrap(api.client.POST('/api/v1/jobs/{id}/retry', { params: { path: { id: job.id } } })),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: jobKeys.all(api) });
      toast.success(`${job.name} runs again`);
    },
    onError: (error) =>
      toast.error('The job could not be started', { description: describeError(error).message }),
  });
  return (
    <Button
      size="sm"
      pending={retry.isPending}
      aria-label={`Run ${job.name} again`}
      onClick={() => retry.mutate()}
    >
      {retry.isPending ? null : <RotateCw aria-hidden />}
      Run again
    </Button>
  );
}
