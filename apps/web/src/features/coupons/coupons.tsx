'use client';

import { Card } from '@billingos/ui/components/card';
import { EmptyState } from '@billingos/ui/components/empty-state';
import { PageHeader } from '@billingos/ui/components/page-header';
import { useQuery } from '@tanstack/react-query';
import { TicketPercent } from 'lucide-react';
import { parseAsStringLiteral, useQueryState } from 'nuqs';
import type { Coupon } from '../../api/types.ts';
import { ChoiceFilter } from '../../listing/choice-filter.tsx';
import type { CsvColumn } from '../../listing/csv.ts';
import { ExportButton } from '../../listing/export-button.tsx';
import { PagedList } from '../../listing/paged-list.tsx';
import { usePages } from '../../listing/pages.ts';
import { useEnvironment } from '../merchants/environment-context.tsx';
import { couponTerms } from './coupon-terms.ts';
import { CouponsTable } from './coupons-table.tsx';
import { CreateCouponDialog } from './create-coupon-dialog.tsx';
import { couponsQuery, loadCoupons } from './queries.ts';

const shows = ['all'] as const;

const columns: readonly CsvColumn<Coupon>[] = [
  { header: 'id', value: (row) => row.id },
  { header: 'key', value: (row) => row.key },
  { header: 'name', value: (row) => row.name },
  { header: 'terms', value: couponTerms },
  { header: 'redemptions_max', value: (row) => row.redemptions_max },
  { header: 'redeem_by', value: (row) => row.redeem_by },
  { header: 'archived_at', value: (row) => row.archived_at },
  { header: 'created_at', value: (row) => row.created_at },
];

export function Coupons() {
  const { api } = useEnvironment();
  const [show, setShow] = useQueryState('show', parseAsStringLiteral(shows));
  const pages = usePages();
  const archived = show === 'all';
  const coupons = useQuery(couponsQuery(api, { archived, cursor: pages.cursor }));
  return (
    <>
      <PageHeader
        title="Coupons"
        description="A discount that customers redeem by its key."
        actions={
          <>
            <ExportButton
              name="coupons"
              columns={columns}
              load={(cursor) => loadCoupons(api, { archived, cursor, limit: 100 })}
            />
            <CreateCouponDialog />
          </>
        }
      />
      <Card>
        <div className="p-3">
          <ChoiceFilter
            label="Which coupons"
            choices={shows}
            wordOf={() => 'Archived too'}
            everyLabel="Not archived"
            value={show}
            onChoose={(value) => {
              pages.restart();
              void setShow(value);
            }}
          />
        </div>
        <PagedList
          query={coupons}
          pages={pages}
          noun={['coupon', 'coupons']}
          empty={
            <EmptyState icon={TicketPercent} title="No coupons yet" action={<CreateCouponDialog />}>
              Make one, and give its key when you subscribe a customer, change a plan or make a checkout link.
            </EmptyState>
          }
        >
          {(data) => <CouponsTable coupons={data} />}
        </PagedList>
      </Card>
    </>
  );
}
