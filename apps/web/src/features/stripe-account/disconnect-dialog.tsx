'use client';

import { ConfirmDialog } from '@billingos/ui/components/confirm-dialog';
import { Notice } from '@billingos/ui/components/notice';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { toast } from 'sonner';
import { unwrap } from '../../api/client.ts';
import { describeError } from '../../api/errors.ts';
import { useEnvironment } from '../merchants/environment-context.tsx';
import { stripeAccountKeys } from './queries.ts';

type DisconnectDialogProps = { open: boolean; onClose: () => void };

/** Leaves the account after saying what goes on there. */
export function DisconnectDialog({ open, onClose }: DisconnectDialogProps) {
  const { api, environment } = useEnvironment();
  const queries = useQueryClient();
  const disconnect = useMutation({
    mutationFn: () => unwrap(api.client.POST('/api/v1/stripe-account/disconnect')),
    onSuccess: (account) => {
      queries.setQueryData(stripeAccountKeys.all(api), account);
      toast.success('Stripe is disconnected');
      onClose();
    },
  });
  return (
    <ConfirmDialog
      open={open}
      onOpenChange={(next) => {
        disconnect.reset();
        if (!next) onClose();
      }}
      title={`Disconnect Stripe from ${environment.name}?`}
      description="Nothing can be sold or changed here any more. Subscriptions go on at Stripe and are charged there until you cancel them. You can connect the same account again later."
      confirmLabel="Disconnect Stripe"
      danger
      pending={disconnect.isPending}
      onConfirm={() => disconnect.mutate()}
    >
      {disconnect.isError ? <Notice tone="danger">{describeError(disconnect.error).message}</Notice> : null}
    </ConfirmDialog>
  );
}
