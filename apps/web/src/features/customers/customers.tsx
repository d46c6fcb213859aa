'use client';

import { Card } from '@billingos/ui/components/card';
import { EmptyState } from '@billingos/ui/components/empty-state';
import { PageHeader } from '@billingos/ui/components/page-header';
import { useQuery } from '@tanstack/react-query';
import { Search, Users } from 'lucide-react';
import { parseAsString, useQueryState } from 'nuqs';
import type { Customer } from '../../api/types.ts';
import type { CsvColumn } from '../../listing/csv.ts';
import { ExportButton } from '../../listing/export-button.tsx';
import { PagedList } from '../../listing/paged-list.tsx';
import { usePages } from '../../listing/pages.ts';
import { SearchField } from '../../listing/search-field.tsx';
import { useEnvironment } from '../merchants/environment-context.tsx';
import { CreateCustomerDialog } from './create-customer-dialog.tsx';
import { CustomersTable } from './customers-table.tsx';
import { customersQuery, loadCustomers } from './queries.ts';

const columns: readonly CsvColumn<Customer>[] = [
  { header: 'id', value: (row) => row.id },
  { header: 'external_id', value: (row) => row.external_id },
  { header: 'name', value: (row) => row.name },
  { header: 'email', value: (row) => row.email },
  { header: 'stripe_customer_id', value: (row) => row.stripe_customer_id },
  { header: 'created_at', value: (row) => row.created_at },
];

export function Customers() {
  const { api } = useEnvironment();
  const [search, setSearch] = useQueryState('search', parseAsString);
  const pages = usePages();
  const filters = { search: search ?? undefined, cursor: pages.cursor };
  const customers = useQuery(customersQuery(api, filters));
  return (
    <>
      <PageHeader
        title="Customers"
        description="Everybody you bill, or could."
        actions={
          <>
            <ExportButton
              name="customers"
              columns={columns}
              load={(cursor) => loadCustomers(api, { search: filters.search, cursor, limit: 100 })}
            />
            <CreateCustomerDialog />
          </>
        }
      />
      <Card>
        <div className="p-3">
          <SearchField
            label="Search by name, e-mail or id"
            value={search ?? ''}
            onSearch={(text) => {
              pages.restart();
              void setSearch(text === '' ? null : text);
            }}
          />
        </div>
        <PagedList
          query={customers}
          pages={pages}
          noun={['customer', 'customers']}
          empty={
            search ? (
              <EmptyState icon={Search} title="Nobody matches">
                No customer has “{search}” in the name, e-mail address or id.
              </EmptyState>
            ) : (
              <EmptyState icon={Users} title="No customers yet" action={<CreateCustomerDialog />}>
                Add one here, or let your backend create them through the API when people sign up.
              </EmptyState>
            )
          }
        >
          {(data) => <CustomersTable customers={data} />}
        </PagedList>
      </Card>
    </>
  );
}
