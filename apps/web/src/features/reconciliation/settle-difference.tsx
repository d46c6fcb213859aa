'use client';

import { Button } from '@billingos/ui/components/button';
import { ConfirmDialog } from '@billingos/ui/components/confirm-dialog';
import { Notice } from '@billingos/ui/components/notice';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { toast } from 'sonner';
import { unwrap } from '../../api/client.ts';
import { describeError } from '../../api/errors.ts';
import type { Discrepancy } from '../../api/types.ts';
import { useEnvironment } from '../merchants/environment-context.tsx';
import { reconciliationKeys } from './queries.ts';

/** Says of a difference of usage that somebody has dealt with it. */
export function SettleDifference({ discrepancy }: { discrepancy: Discrepancy }) {
  const { api, can } = useEnvironment();
  const queries = useQueryClient();
  const [open, setOpen] = useState(false);
  const settle = useMutation({
    mutationFn: () =>
      unwrap(
        api.client.POST('/api/v1/reconciliation/discrepancies/{id}/settle', {
          params: { path: { id: discrepancy.id } },
        }),
      ),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: reconciliationKeys.all(api) });
      toast.success('The difference is settled');
      setOpen(false);
    },
  });
  if (!can('operations:write')) return null;
  return (
    <>
      <Button
        size="sm"
        variant="ghost"
        aria-label={`Settle ${discrepancy.object_id ?? discrepancy.id}`}
        onClick={() => setOpen(true)}
      >
        Settle
      </Button>
      <ConfirmDialog
        open={open}
        onOpenChange={setOpen}
        title="Settle this difference?"
        description="Stripe is not told of it any more, and it is not shown again. Nobody is charged or credited by this: if that matters, do it first."
        confirmLabel="Settle"
        pending={settle.isPending}
        onConfirm={() => settle.mutate()}
      >
        {settle.isError ? <Notice tone="danger">{describeError(settle.error).message}</Notice> : null}
      </ConfirmDialog>
    </>
  );
}
