'use client';

import { Badge } from '@billingos/ui/components/badge';
import { Button } from '@billingos/ui/components/button';
import { Card, CardHeader } from '@billingos/ui/components/card';
import { EmptyState } from '@billingos/ui/components/empty-state';
import { PageHeader } from '@billingos/ui/components/page-header';
import { useQuery } from '@tanstack/react-query';
import { KeySquare, X } from 'lucide-react';
import { parseAsString, useQueryState } from 'nuqs';
import type { ConsumerKey } from '../../api/types.ts';
import type { CsvColumn } from '../../listing/csv.ts';
import { ExportButton } from '../../listing/export-button.tsx';
import { PagedList } from '../../listing/paged-list.tsx';
import { usePages } from '../../listing/pages.ts';
import { useEnvironment } from '../merchants/environment-context.tsx';
import { ConsumerKeysTable } from './consumer-keys-table.tsx';
import { CreateConsumerKeyDialog } from './create-consumer-key-dialog.tsx';
import { keyState } from '../api-keys/key-state.ts';
import { Projects } from './projects.tsx';
import { consumerKeysQuery, loadConsumerKeys } from './queries.ts';

const columns: readonly CsvColumn<ConsumerKey>[] = [
  { header: 'id', value: (row) => row.id },
  { header: 'customer_id', value: (row) => row.customer.id },
  { header: 'external_id', value: (row) => row.customer.external_id },
  { header: 'project', value: (row) => row.project?.name ?? null },
  { header: 'name', value: (row) => row.name },
  { header: 'key', value: (row) => `${row.prefix}…${row.last4}` },
  { header: 'state', value: (row) => keyState(row, Date.now()) },
  { header: 'created_at', value: (row) => row.created_at },
  { header: 'expires_at', value: (row) => row.expires_at },
  { header: 'last_used_at', value: (row) => row.last_used_at },
];

/** The keys that the merchant gave its customers for its own API, and the projects they are in. */
export function ConsumerKeys() {
  const { api } = useEnvironment();
  const [customer, setCustomer] = useQueryState('customer', parseAsString);
  const pages = usePages();
  const of = customer ?? undefined;
  const keys = useQuery(consumerKeysQuery(api, { customer: of, cursor: pages.cursor }));
  return (
    <>
      <PageHeader
        title="Consumer keys"
        description="Keys of your customers for your own API. Your servers ask verify whether one may pass."
        actions={
          <>
            <ExportButton
              name="consumer-keys"
              columns={columns}
              load={(cursor) => loadConsumerKeys(api, { customer: of, cursor, limit: 100 })}
            />
            <CreateConsumerKeyDialog customer={of} />
          </>
        }
      />
      <div className="grid gap-4">
        <Card>
          <CardHeader
            title="Keys"
            action={
              customer ? (
                <Badge tone="accent" className="h-7">
                  One customer
                  <Button
                    variant="link"
                    size="inline"
                    aria-label="Show all customers"
                    onClick={() => {
                      pages.restart();
                      void setCustomer(null);
                    }}
                  >
                    <X aria-hidden />
                  </Button>
                </Badge>
              ) : null
            }
          />
          <PagedList
            query={keys}
            pages={pages}
            noun={['key', 'keys']}
            empty={
              <EmptyState icon={KeySquare} title="No keys yet">
                Give a customer one, and let your servers verify it: who calls, with what plan, and how much
                is left.
              </EmptyState>
            }
          >
            {(data) => <ConsumerKeysTable keys={data} />}
          </PagedList>
        </Card>
        <Projects customer={of} />
      </div>
    </>
  );
}
