'use client';

import { Card, CardHeader } from '@billingos/ui/components/card';
import { TableSkeleton } from '@billingos/ui/components/skeleton';
import { Cell, HeaderCell, Table, TableBody, TableHead, TableRow } from '@billingos/ui/components/table';
import { useQuery } from '@tanstack/react-query';
import Link from 'next/link';
import { QueryStates } from '../../api/query-states.tsx';
import type { Project } from '../../api/types.ts';
import { formatNumber } from '../../formatting/numbers.ts';
import { Day } from '../../formatting/time.tsx';
import { useEnvironment } from '../merchants/environment-context.tsx';
import { CreateProjectDialog } from './create-project-dialog.tsx';
import { projectsQuery } from './queries.ts';

/** What keys are grouped in: they share a rate limit and a quota. */
export function Projects({ customer }: { customer: string | undefined }) {
  const { api, href } = useEnvironment();
  const projects = useQuery(projectsQuery(api, customer));
  return (
    <Card>
      <CardHeader
        title="Projects"
        description="The keys of a project share its rate limit, and the quota of its feature."
        action={<CreateProjectDialog customer={customer} />}
      />
      <QueryStates query={projects} loading={<TableSkeleton rows={1} label="Loading projects" />}>
        {(data) =>
          data.length === 0 ? (
            <p className="px-4 pb-4 text-sm text-muted">None. A key does not need one.</p>
          ) : (
            <Table label="Projects">
              <TableHead>
                <tr>
                  <HeaderCell>Project</HeaderCell>
                  <HeaderCell>Customer</HeaderCell>
                  <HeaderCell>Quota of</HeaderCell>
                  <HeaderCell>Rate limit</HeaderCell>
                  <HeaderCell>Created</HeaderCell>
                </tr>
              </TableHead>
              <TableBody>
                {data.map((project) => (
                  <TableRow key={project.id}>
                    <Cell className="font-medium">{project.name}</Cell>
                    <Cell>
                      <Link
                        href={href(`customers/${project.customer.id}`)}
                        className="rounded-sm font-medium hover:underline"
                      >
                        {project.customer.external_id ?? project.customer.id}
                      </Link>
                    </Cell>
                    <Cell className="font-mono text-xs">{project.quota_feature ?? '–'}</Cell>
                    <Cell className="text-muted">{rateWords(project.rate_limit)}</Cell>
                    <Cell className="text-muted">
                      <Day iso={project.created_at} />
                    </Cell>
                  </TableRow>
                ))}
              </TableBody>
            </Table>
          )
        }
      </QueryStates>
    </Card>
  );
}

/** "600 calls in 60 s" */
function rateWords(limit: Project['rate_limit']): string {
  return limit === null
    ? '–'
    : `${formatNumber(limit.limit)} calls in ${formatNumber(limit.window_seconds)} s`;
}
