'use client';

import { Card, CardHeader } from '@billingos/ui/components/card';
import { TableSkeleton } from '@billingos/ui/components/skeleton';
import { Cell, HeaderCell, Table, TableBody, TableHead, TableRow } from '@billingos/ui/components/table';
import { useQuery } from '@tanstack/react-query';
import { QueryStates } from '../../api/query-states.tsx';
import type { Plan, PlanVersion } from '../../api/types.ts';
import { Day } from '../../formatting/time.tsx';
import type { CsvColumn } from '../../listing/csv.ts';
import { ExportButton } from '../../listing/export-button.tsx';
import { Pager } from '../../listing/pager.tsx';
import { usePages } from '../../listing/pages.ts';
import { useEnvironment } from '../merchants/environment-context.tsx';
import { grantLines, offersOf, offerWords } from './plan-terms.ts';
import { loadPlanVersions, planVersionsQuery } from './queries.ts';

const columns: readonly CsvColumn<PlanVersion>[] = [
  { header: 'id', value: (row) => row.id },
  { header: 'number', value: (row) => row.number },
  { header: 'published_at', value: (row) => row.published_at },
  { header: 'prices', value: pricesOf },
  { header: 'grants', value: grantsOf },
];

/** Every version ever sold. They stay as they were. */
export function PlanVersions({ plan }: { plan: Plan }) {
  const { api } = useEnvironment();
  const pages = usePages();
  const versions = useQuery(planVersionsQuery(api, plan.id, pages.cursor));
  return (
    <Card>
      <CardHeader
        title="Versions"
        description="What was sold when. A version never changes."
        action={
          <ExportButton
            name={`${plan.key}-versions`}
            columns={columns}
            load={(cursor) => loadPlanVersions(api, plan.id, { cursor, limit: 100 })}
          />
        }
      />
      <QueryStates query={versions} loading={<TableSkeleton label="Loading the versions" />}>
        {({ data, next_cursor }) => (
          <>
            <Table label="Versions">
              <TableHead>
                <tr>
                  <HeaderCell>Version</HeaderCell>
                  <HeaderCell>Published</HeaderCell>
                  <HeaderCell>Prices</HeaderCell>
                  <HeaderCell>Grants</HeaderCell>
                </tr>
              </TableHead>
              <TableBody>
                {data.map((version) => (
                  <TableRow key={version.id}>
                    <Cell className="font-medium">{version.number}</Cell>
                    <Cell className="text-muted">
                      <Day iso={version.published_at} />
                    </Cell>
                    <Cell className="min-w-44 whitespace-normal">{pricesOf(version)}</Cell>
                    <Cell className="min-w-56 whitespace-normal text-muted">{grantsOf(version) || '–'}</Cell>
                  </TableRow>
                ))}
              </TableBody>
            </Table>
            <Pager
              pages={pages}
              next_cursor={next_cursor}
              summary={`${data.length} ${data.length === 1 ? 'version' : 'versions'}`}
            />
          </>
        )}
      </QueryStates>
    </Card>
  );
}

function pricesOf({ prices, features }: PlanVersion): string {
  return (
    offersOf(prices)
      .map((offer) => offerWords(offer, features))
      .join('; ') || 'Free'
  );
}

function grantsOf(version: PlanVersion): string {
  return grantLines(version).join('; ');
}
