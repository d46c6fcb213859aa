'use client';

import { Button } from '@billingos/ui/components/button';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { toast } from 'sonner';
import { unwrap } from '../../api/client.ts';
import { describeError } from '../../api/errors.ts';
import type { Recovery } from '../../api/types.ts';
import { customerName } from '../customers/customer-name.ts';
import { invoiceKeys } from '../invoices/queries.ts';
import { useEnvironment } from '../merchants/environment-context.tsx';
import { subscriptionKeys } from '../subscriptions/queries.ts';
import { recoveryKeys } from './queries.ts';

/** Tries the payment at once, or gives it a rest for good. */
export function RecoveryActions({ recovery }: { recovery: Recovery }) {
  const { api } = useEnvironment();
  const path = { params: { path: { id: recovery.id } } };
  const retry = useRecoveryAction(
    () => unwrap(api.client.POST('/api/v1/recoveries/{id}/retry-now', path)),
    ({ state }) => (state === 'recovered' ? 'Paid' : 'Tried again. The outcome is in the list'),
  );
  const stop = useRecoveryAction(
    () => unwrap(api.client.POST('/api/v1/recoveries/{id}/stop', path)),
    () => 'Nothing is tried any more',
  );
  const whose = customerName(recovery.customer);
  return (
    <span className="inline-flex gap-1">
      {recovery.owner === 'billingos' ? (
        <Button
          size="sm"
          variant="ghost"
          aria-label={`Retry now: the payment of ${whose}`}
          pending={retry.isPending}
          onClick={() => retry.mutate()}
        >
          Retry now
        </Button>
      ) : null}
      <Button
        size="sm"
        variant="ghost"
        aria-label={`Stop: the payment of ${whose}`}
        pending={stop.isPending}
        onClick={() => stop.mutate()}
      >
        Stop
      </Button>
    </span>
  );
}

function useRecoveryAction(act: () => Promise<Recovery>, done: (after: Recovery) => string) {
  const { api } = useEnvironment();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: act,
    onSuccess: async (after) => {
      await Promise.all([
        queries.invalidateQueries({ queryKey: recoveryKeys.all(api) }),
        queries.invalidateQueries({ queryKey: invoiceKeys.all(api) }),
        queries.invalidateQueries({ queryKey: subscriptionKeys.all(api) }),
      ]);
      toast.success(done(after));
    },
    onError: (error) => toast.error(describeError(error).message),
  });
}
