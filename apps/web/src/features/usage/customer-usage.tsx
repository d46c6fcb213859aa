'use client';

import { Card, CardHeader } from '@billingos/ui/components/card';
import { TableSkeleton } from '@billingos/ui/components/skeleton';
import { textLink } from '@billingos/ui/text-link';
import { useQuery } from '@tanstack/react-query';
import Link from 'next/link';
import { QueryStates } from '../../api/query-states.tsx';
import type { Customer } from '../../api/types.ts';
import { useEnvironment } from '../merchants/environment-context.tsx';
import { usageQuery } from './queries.ts';
import { UsageTable } from './usage-table.tsx';

/** The latest usage records of one customer. */
export function CustomerUsage({ customer }: { customer: Customer }) {
  const { api, href } = useEnvironment();
  const usage = useQuery(usageQuery(api, { customer: customer.id, meter: undefined, cursor: undefined }));
  return (
    <Card>
      <CardHeader title="Usage" description="Counted per meter and period." />
      <QueryStates query={usage} loading={<TableSkeleton rows={2} label="Loading usage" />}>
        {({ data, has_more }) =>
          data.length === 0 ? (
            <p className="px-4 pb-4 text-sm text-muted">
              Nothing was tracked yet. Your backend reports it with trackUsage.
            </p>
          ) : (
            <>
              <UsageTable records={data} showCustomer={false} />
              {has_more ? (
                <p className="border-t px-4 py-2 text-sm">
                  <Link href={`${href('usage/periods')}?customer=${customer.id}`} className={textLink}>
                    All usage of this customer
                  </Link>
                </p>
              ) : null}
            </>
          )
        }
      </QueryStates>
    </Card>
  );
}
