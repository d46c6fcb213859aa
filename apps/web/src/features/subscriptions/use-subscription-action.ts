import { useMutation, useQueryClient } from '@tanstack/react-query';
import { toast } from 'sonner';
import { describeError } from '../../api/errors.ts';
import type { Subscription } from '../../api/types.ts';
import { customerKeys } from '../customers/queries.ts';
import { useEnvironment } from '../merchants/environment-context.tsx';
import { subscriptionKeys } from './queries.ts';

/** Something done to a subscription: says so, or says why not, and lets everything that shows it be read again. */
export function useSubscriptionAction(subscription: Subscription, done: string, act: () => Promise<unknown>) {
  const { api } = useEnvironment();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: act,
    onSuccess: async () => {
      await Promise.all([
        queries.invalidateQueries({ queryKey: subscriptionKeys.all(api) }),
        queries.invalidateQueries({ queryKey: customerKeys.one(api, subscription.customer.id) }),
      ]);
      toast.success(done);
    },
    onError: (error) => toast.error(describeError(error).message),
  });
}
