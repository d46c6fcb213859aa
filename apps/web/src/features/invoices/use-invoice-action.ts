import { useMutation, useQueryClient } from '@tanstack/react-query';
import { toast } from 'sonner';
import type { Invoice } from '../../api/types.ts';
import { customerKeys } from '../customers/queries.ts';
import { useEnvironment } from '../merchants/environment-context.tsx';
import { subscriptionKeys } from '../subscriptions/queries.ts';
import { invoiceKeys } from './queries.ts';

type InvoiceAction<Wish, Outcome> = {
  act: (wish: Wish) => Promise<Outcome>;
  /** What to say of the outcome. */
  done: (outcome: Outcome) => string;
  onDone?: () => void;
  onError: (error: unknown) => void;
};

/** Something done to an invoice. Money moved, so what shows the invoice, its customer or its subscription is read again. */
export function useInvoiceAction<Wish, Outcome>(invoice: Invoice, action: InvoiceAction<Wish, Outcome>) {
  const { api } = useEnvironment();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: action.act,
    onSuccess: async (outcome) => {
      await Promise.all([
        queries.invalidateQueries({ queryKey: invoiceKeys.all(api) }),
        queries.invalidateQueries({ queryKey: subscriptionKeys.all(api) }),
        queries.invalidateQueries({ queryKey: customerKeys.one(api, invoice.customer.id) }),
      ]);
      toast.success(action.done(outcome));
      action.onDone?.();
    },
    onError: action.onError,
  });
}
