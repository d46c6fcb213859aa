'use client';

import { Badge } from '@billingos/ui/components/badge';
import { Card, CardHeader } from '@billingos/ui/components/card';
import { Cell, HeaderCell, Table, TableBody, TableHead, TableRow } from '@billingos/ui/components/table';
import { useQuery } from '@tanstack/react-query';
import { Fragment } from 'react';
import type { Discrepancy } from '../../api/types.ts';
import { Ago } from '../../formatting/time.tsx';
import type { CsvColumn } from '../../listing/csv.ts';
import { ExportButton } from '../../listing/export-button.tsx';
import { PagedList } from '../../listing/paged-list.tsx';
import { usePages } from '../../listing/pages.ts';
import { useEnvironment } from '../merchants/environment-context.tsx';
import { discrepanciesQuery, loadDiscrepancies } from './queries.ts';
import { SettleDifference } from './settle-difference.tsx';

const causes: Record<Discrepancy['cause'], string> = {
  missing_here: 'was missing here',
  differs: 'differed',
  missing_on_stripe: 'is missing on Stripe',
  grants_differ: 'granted something else than was sold',
  meter_drift: 'Stripe counted differently',
};

const kinds: Record<Discrepancy['kind'], string> = {
  customer: 'Customer',
  subscription: 'Subscription',
  invoice: 'Invoice',
  entitlement: 'Entitlements',
  meter: 'Usage',
  catalog: 'Catalog',
};

const columns: readonly CsvColumn<Discrepancy>[] = [
  { header: 'id', value: (row) => row.id },
  { header: 'run', value: (row) => row.run },
  { header: 'kind', value: (row) => row.kind },
  { header: 'cause', value: (row) => row.cause },
  { header: 'object_id', value: (row) => row.object_id },
  { header: 'stripe_object_id', value: (row) => row.stripe_object_id },
  { header: 'before', value: (row) => written(row.before) },
  { header: 'after', value: (row) => written(row.after) },
  { header: 'note', value: (row) => row.note },
  { header: 'found_at', value: (row) => row.found_at },
  { header: 'repaired_at', value: (row) => row.repaired_at },
];

type DiscrepanciesProps = {
  /** Only what this run found. */
  run?: string;
  /** Asks again every so many milliseconds, as long as more may be found. */
  poll_ms?: number | false;
};

/** What differed from Stripe, with what we said and what Stripe says. */
export function Discrepancies({ run, poll_ms = false }: DiscrepanciesProps) {
  const { api } = useEnvironment();
  const pages = usePages();
  const discrepancies = useQuery({
    ...discrepanciesQuery(api, { run, cursor: pages.cursor }),
    refetchInterval: poll_ms,
  });
  return (
    <Card>
      <CardHeader
        title="What differed"
        action={
          <ExportButton
            name="discrepancies"
            columns={columns}
            load={(cursor) => loadDiscrepancies(api, { run, cursor, limit: 100 })}
          />
        }
      />
      <PagedList
        query={discrepancies}
        pages={pages}
        noun={['difference', 'differences']}
        empty={
          <p className="px-4 pb-4 text-sm text-muted">
            {run ? 'This run found no difference.' : 'Nothing has differed from Stripe so far.'}
          </p>
        }
      >
        {(data) => <DiscrepanciesTable discrepancies={data} />}
      </PagedList>
    </Card>
  );
}

function DiscrepanciesTable({ discrepancies }: { discrepancies: readonly Discrepancy[] }) {
  return (
    <Table label="Differences">
      <TableHead>
        <tr>
          <HeaderCell>What</HeaderCell>
          <HeaderCell>Before</HeaderCell>
          <HeaderCell>Stripe says</HeaderCell>
          <HeaderCell>State</HeaderCell>
          <HeaderCell>Found</HeaderCell>
        </tr>
      </TableHead>
      <TableBody>
        {discrepancies.map((one) => (
          <TableRow key={one.id}>
            <Cell className="min-w-48 align-top whitespace-normal">
              <p className="font-medium">
                {kinds[one.kind]}: {causes[one.cause]}
              </p>
              <p className="font-mono text-xs break-all text-muted">
                {one.object_id ?? one.stripe_object_id ?? ''}
              </p>
              {one.note ? <p className="text-xs text-muted">{one.note}</p> : null}
            </Cell>
            <Said value={one.before} />
            <Said value={one.after} />
            <Cell className="align-top">
              <Badge tone={one.repaired_at ? 'success' : 'warning'}>
                {one.repaired_at ? 'Repaired' : 'Not repaired'}
              </Badge>
              {one.kind === 'meter' && one.repaired_at === null && one.note ? (
                <SettleDifference discrepancy={one} />
              ) : null}
            </Cell>
            <Cell className="align-top text-muted">
              <Ago iso={one.found_at} />
            </Cell>
          </TableRow>
        ))}
      </TableBody>
    </Table>
  );
}

/** What one side said: a line for each field; a dash where it had nothing. */
function Said({ value }: { value: unknown }) {
  const fields = isObject(value) ? Object.entries(value) : [];
  return (
    <Cell className="max-w-72 min-w-48 align-top whitespace-normal">
      {fields.length > 0 ? (
        <dl className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-3 text-xs">
          {fields.map(([name, said]) => (
            <Fragment key={name}>
              <dt className="text-muted">{name.replaceAll('_', ' ')}</dt>
              <dd className="font-mono break-words tabular-nums">{written(said)}</dd>
            </Fragment>
          ))}
        </dl>
      ) : (
        <p className="text-xs text-muted">{isObject(value) ? '–' : written(value)}</p>
      )}
    </Cell>
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A part of an object as text; "–" for one that was not there. */
function written(value: unknown): string {
  if (value === null || value === undefined) return '–';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
