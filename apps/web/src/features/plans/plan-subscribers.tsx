'use client';

import { Badge } from '@billingos/ui/components/badge';
import { Card, CardHeader } from '@billingos/ui/components/card';
import { TableSkeleton } from '@billingos/ui/components/skeleton';
import { Cell, HeaderCell, Table, TableBody, TableHead, TableRow } from '@billingos/ui/components/table';
import { useQuery } from '@tanstack/react-query';
import { QueryStates } from '../../api/query-states.tsx';
import type { Money, Plan } from '../../api/types.ts';
import { formatMoney } from '../../formatting/money.ts';
import { formatNumber } from '../../formatting/numbers.ts';
import { useEnvironment } from '../merchants/environment-context.tsx';
import { MigrateDialog } from './migrate-dialog.tsx';
import { affectedQuery } from './queries.ts';

/** Who is on which version, so who would be affected by a change. */
export function PlanSubscribers({ plan }: { plan: Plan }) {
  const { api, can } = useEnvironment();
  const affected = useQuery(affectedQuery(api, plan.id));
  const older = affected.data?.versions.some(({ is_newest, running }) => !is_newest && running > 0) ?? false;
  return (
    <Card>
      <CardHeader
        title="Subscribers"
        description="By the version they bought. They keep it until they are migrated."
        action={older && can('subscriptions:write') ? <MigrateDialog plan={plan} /> : null}
      />
      <QueryStates query={affected} loading={<TableSkeleton label="Loading the subscribers" />}>
        {({ versions }) =>
          versions.length === 0 ? (
            <p className="px-4 pb-4 text-sm text-muted">Nobody is subscribed.</p>
          ) : (
            <Table label="Subscribers by version">
              <TableHead>
                <tr>
                  <HeaderCell>Version</HeaderCell>
                  <HeaderCell className="text-right">Subscribers</HeaderCell>
                  <HeaderCell className="text-right">A month</HeaderCell>
                </tr>
              </TableHead>
              <TableBody>
                {versions.map(({ plan_version_id, number, is_newest, running, monthly }) => (
                  <TableRow key={plan_version_id}>
                    <Cell className="font-medium">
                      {number} {is_newest ? <Badge tone="accent">On sale</Badge> : null}
                    </Cell>
                    <Cell numeric>{formatNumber(running)}</Cell>
                    <Cell numeric>{moneyList(monthly)}</Cell>
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

/** Sums in several currencies, side by side. */
function moneyList(amounts: readonly Money[]): string {
  return amounts.length === 0 ? '–' : amounts.map(formatMoney).join(', ');
}
