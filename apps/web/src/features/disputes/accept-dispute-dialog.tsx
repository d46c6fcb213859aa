'use client';

import { useMutation, useQueryClient } from '@tanstack/react-query';
import { toast } from 'sonner';
import { unwrap } from '../../api/client.ts';
import type { Dispute } from '../../api/types.ts';
import { formatMoney } from '../../formatting/money.ts';
import { ConfirmAction } from '../../forms/confirm-action.tsx';
import { useEnvironment } from '../merchants/environment-context.tsx';
import { disputeKeys } from './queries.ts';

type AcceptDisputeDialogProps = { dispute: Dispute; onClose: () => void };

/** Gives the money up without an answer. */
export function AcceptDisputeDialog({ dispute, onClose }: AcceptDisputeDialogProps) {
  const { api } = useEnvironment();
  const queries = useQueryClient();
  const accept = useMutation({
    mutationFn: () =>
      unwrap(api.client.POST('/api/v1/disputes/{id}/close', { params: { path: { id: dispute.id } } })),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: disputeKeys.all(api) });
      toast.success('The dispute is accepted');
      onClose();
    },
  });
  return (
    <ConfirmAction
      title={`Accept the dispute of ${formatMoney(dispute.amount)}?`}
      description="The customer keeps the money, and the bank asks nothing more. This cannot be undone."
      confirmLabel="Accept the dispute"
      action={accept}
      onClose={onClose}
    />
  );
}
