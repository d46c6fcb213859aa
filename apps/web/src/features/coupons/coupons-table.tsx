'use client';

import { Badge } from '@billingos/ui/components/badge';
import { Button } from '@billingos/ui/components/button';
import { CopyableCode } from '@billingos/ui/components/copy-button';
import { Cell, HeaderCell, Table, TableBody, TableHead, TableRow } from '@billingos/ui/components/table';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { toast } from 'sonner';
import { unwrap } from '../../api/client.ts';
import type { Coupon } from '../../api/types.ts';
import { formatNumber } from '../../formatting/numbers.ts';
import { Day } from '../../formatting/time.tsx';
import { ConfirmAction } from '../../forms/confirm-action.tsx';
import { useEnvironment } from '../merchants/environment-context.tsx';
import { couponTerms } from './coupon-terms.ts';
import { couponKeys } from './queries.ts';

export function CouponsTable({ coupons }: { coupons: readonly Coupon[] }) {
  const { can } = useEnvironment();
  const [archiving, setArchiving] = useState<Coupon | null>(null);
  return (
    <>
      <Table label="Coupons">
        <TableHead>
          <tr>
            <HeaderCell>Coupon</HeaderCell>
            <HeaderCell>Key</HeaderCell>
            <HeaderCell>Discount</HeaderCell>
            <HeaderCell className="text-right">At most</HeaderCell>
            <HeaderCell>Redeem by</HeaderCell>
            <HeaderCell>
              <span className="sr-only">Actions</span>
            </HeaderCell>
          </tr>
        </TableHead>
        <TableBody>
          {coupons.map((coupon) => (
            <TableRow key={coupon.id}>
              <Cell className="font-medium">
                {coupon.name} {coupon.archived_at ? <Badge>Archived</Badge> : null}
              </Cell>
              <Cell>
                <CopyableCode value={coupon.key} label={`Copy key of ${coupon.name}`} />
              </Cell>
              <Cell>{couponTerms(coupon)}</Cell>
              <Cell numeric>
                {coupon.redemptions_max === null ? '–' : formatNumber(coupon.redemptions_max)}
              </Cell>
              <Cell className="text-muted">
                {coupon.redeem_by === null ? '–' : <Day iso={coupon.redeem_by} />}
              </Cell>
              <Cell className="text-right">
                {can('catalog:write') && coupon.archived_at === null ? (
                  <Button
                    size="sm"
                    variant="ghost"
                    aria-label={`Archive ${coupon.name}`}
                    onClick={() => setArchiving(coupon)}
                  >
                    Archive
                  </Button>
                ) : null}
              </Cell>
            </TableRow>
          ))}
        </TableBody>
      </Table>
      {archiving ? <ArchiveDialog coupon={archiving} onClose={() => setArchiving(null)} /> : null}
    </>
  );
}

function ArchiveDialog({ coupon, onClose }: { coupon: Coupon; onClose: () => void }) {
  const { api } = useEnvironment();
  const queries = useQueryClient();
  const archive = useMutation({
    mutationFn: () =>
      unwrap(api.client.POST('/api/v1/coupons/{id}/archive', { params: { path: { id: coupon.id } } })),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: couponKeys.all(api) });
      toast.success(`${coupon.name} cannot be redeemed any more`);
      onClose();
    },
  });
  return (
    <ConfirmAction
      title={`Archive ${coupon.name}?`}
      description="Nobody can redeem it any more. Who has redeemed it keeps the discount. This cannot be undone."
      confirmLabel="Archive coupon"
      action={archive}
      onClose={onClose}
    />
  );
}
