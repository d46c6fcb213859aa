'use client';

import { Card, CardHeader } from '@billingos/ui/components/card';
import { TableSkeleton } from '@billingos/ui/components/skeleton';
import { textLink } from '@billingos/ui/text-link';
import { useQuery } from '@tanstack/react-query';
import Link from 'next/link';
import { QueryStates } from '../../api/query-states.tsx';
import type { Customer } from '../../api/types.ts';
import { useEnvironment } from '../merchants/environment-context.tsx';
import { ConsumerKeysTable } from './consumer-keys-table.tsx';
import { CreateConsumerKeyDialog } from './create-consumer-key-dialog.tsx';
import { consumerKeysQuery } from './queries.ts';

/** The newest keys of one customer for the merchant's own API. */
export function CustomerKeys({ customer }: { customer: Customer }) {
  const { api, href } = useEnvironment();
  const keys = useQuery(consumerKeysQuery(api, { customer: customer.id, cursor: undefined }));
  return (
    <Card>
      <CardHeader
        title="Consumer keys"
        description={
          <>
            For your own API.{' '}
            <Link href={href(`consumer-keys?customer=${customer.id}`)} className={textLink}>
              Keys and projects
            </Link>
            {', '}
            <Link href={href(`api-analytics?customer=${customer.id}`)} className={textLink}>
              calls
            </Link>
          </>
        }
        action={<CreateConsumerKeyDialog customer={customer.id} />}
      />
      <QueryStates query={keys} loading={<TableSkeleton rows={1} label="Loading keys" />}>
        {({ data }) =>
          data.length === 0 ? (
            <p className="px-4 pb-4 text-sm text-muted">None.</p>
          ) : (
            <ConsumerKeysTable keys={data} withCustomer={false} />
          )
        }
      </QueryStates>
    </Card>
  );
}
