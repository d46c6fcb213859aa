'use client';

import { useMutation, useQueryClient } from '@tanstack/react-query';
import { toast } from 'sonner';
import { unwrap } from '../../api/client.ts';
import type { ConsumerKey } from '../../api/types.ts';
import { ConfirmAction } from '../../forms/confirm-action.tsx';
import { useEnvironment } from '../merchants/environment-context.tsx';
import { consumerKeyKeys } from './queries.ts';

type RevokeConsumerKeyDialogProps = { consumerKey: ConsumerKey; onClose: () => void };

export function RevokeConsumerKeyDialog({ consumerKey, onClose }: RevokeConsumerKeyDialogProps) {
  const { api } = useEnvironment();
  const queries = useQueryClient();
  const revoke = useMutation({
    mutationFn: () =>
      unwrap(api.client.POST('/api/v1/keys/{id}/revoke', { params: { path: { id: consumerKey.id } } })),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: consumerKeyKeys.all(api) });
      toast.success(`${consumerKey.name} is revoked`);
      onClose();
    },
  });
  return (
    <ConfirmAction
      title={`Revoke ${consumerKey.name}?`}
      description={`Calls with ${consumerKey.prefix}…${consumerKey.last4} are refused within seconds. This cannot be undone.`}
      confirmLabel="Revoke key"
      action={revoke}
      onClose={onClose}
    />
  );
}
