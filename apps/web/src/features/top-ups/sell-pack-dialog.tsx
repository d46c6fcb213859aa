'use client';

import { multiple } from '@billingos/pricing/money';
import { Button } from '@billingos/ui/components/button';
import {
  Dialog,
  DialogClose,
  DialogContent,
  DialogFooter,
  DialogTrigger,
} from '@billingos/ui/components/dialog';
import { Field } from '@billingos/ui/components/field';
import { Input } from '@billingos/ui/components/input';
import { Notice } from '@billingos/ui/components/notice';
import { Select } from '@billingos/ui/components/select';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { toast } from 'sonner';
import { unwrap } from '../../api/client.ts';
import { describeError } from '../../api/errors.ts';
import type { CreditPack, CreditTopUp, Customer } from '../../api/types.ts';
import { formatMoney } from '../../formatting/money.ts';
import { formatExact, parseCount } from '../../formatting/numbers.ts';
import { packOptions } from '../credit-packs/pack-options.ts';
import { customerKeys } from '../customers/queries.ts';
import { invoiceKeys } from '../invoices/queries.ts';
import { useEnvironment } from '../merchants/environment-context.tsx';

type SellPackDialogProps = { customer: Customer; packs: readonly CreditPack[] };

/** Charges the customer's card for packs, now. */
export function SellPackDialog({ customer, packs }: SellPackDialogProps) {
  const [open, setOpen] = useState(false);
  return (
    <Dialog open={open} onOpenChange={setOpen}>
      <DialogTrigger asChild>
        <Button size="sm">Sell a pack</Button>
      </DialogTrigger>
      <DialogContent title="Sell credits" description="Charged now, to the card that the customer pays with.">
        <SellPackForm customer={customer} packs={packs} onDone={() => setOpen(false)} />
      </DialogContent>
    </Dialog>
  );
}

function SellPackForm({ customer, packs, onDone }: SellPackDialogProps & { onDone: () => void }) {
  const { api } = useEnvironment();
  const queries = useQueryClient();
  const [pack_id, setPack] = useState(packs[0]?.id ?? '');
  const [typed, setTyped] = useState('1');
  // One wish has one key: when it is sent again, nothing is charged twice.
  const [wish] = useState(() => new Map<string, string>());
  const count = parseCount(typed) ?? 0;
  const fits = count >= 1 && count <= 1000;
  const pack = packs.find(({ id }) => id === pack_id);
  const total = pack && fits ? { ...pack.price, amount: multiple(pack.price.amount, count) } : undefined;
  const sell = useMutation({
    mutationFn: () => {
      const name = `${pack_id} ${count}`;
      const idempotency_key = wish.get(name) ?? crypto.randomUUID();
      wish.set(name, idempotency_key);
      return unwrap(
        api.client.POST('/api/v1/customers/{id}/credits/top-ups', {
          params: { path: { id: customer.id } },
          body: { idempotency_key, pack: pack_id, packs: count },
        }),
      );
    },
    onSuccess: async (topUp) => {
      await Promise.all([
        queries.invalidateQueries({ queryKey: customerKeys.one(api, customer.id) }),
        queries.invalidateQueries({ queryKey: invoiceKeys.all(api) }),
      ]);
      tell(topUp);
      onDone();
    },
  });
  return (
    <form
      noValidate
      className="grid gap-4 sm:grid-cols-[minmax(0,1fr)_7rem]"
      onSubmit={(event) => {
        event.preventDefault();
        if (total) sell.mutate();
      }}
    >
      {sell.isError ? (
        <Notice tone="danger" className="col-span-full">
          {describeError(sell.error).message}
        </Notice>
      ) : null}
      <Field label="Pack">
        {(control) => (
          <Select {...control} value={pack_id} options={packOptions(packs)} onValueChange={setPack} />
        )}
      </Field>
      <Field label="How many" error={fits ? undefined : 'Enter 1 to 1,000.'}>
        {(control) => (
          <Input
            {...control}
            inputMode="numeric"
            autoComplete="off"
            value={typed}
            onChange={(event) => setTyped(event.target.value)}
          />
        )}
      </Field>
      {pack && total ? (
        <p className="col-span-full text-sm text-muted" aria-live="polite">
          {formatExact(pack.credits * count)} credits for {formatMoney(total)}.
        </p>
      ) : null}
      <DialogFooter className="col-span-full">
        <DialogClose asChild>
          <Button>Cancel</Button>
        </DialogClose>
        <Button type="submit" variant="primary" disabled={!total} pending={sell.isPending}>
          {total ? `Charge ${formatMoney(total)}` : 'Charge'}
        </Button>
      </DialogFooter>
    </form>
  );
}

function tell({ state, credits, failure }: CreditTopUp): void {
  switch (state) {
    case 'paid':
      toast.success(`${formatExact(credits)} credits are bought`);
      return;
    case 'failed':
      toast.error(failure ?? 'The payment failed. Nothing was charged.');
      return;
    case 'open':
      toast.warning('The customer must confirm the payment.');
      return;
    case 'pending':
      toast.info('The payment is under way.');
  }
}
