'use client';

import { Button } from '@billingos/ui/components/button';
import {
  Dialog,
  DialogClose,
  DialogContent,
  DialogFooter,
  DialogTrigger,
} from '@billingos/ui/components/dialog';
import { Field } from '@billingos/ui/components/field';
import { Notice } from '@billingos/ui/components/notice';
import { Select } from '@billingos/ui/components/select';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { toast } from 'sonner';
import { unwrap } from '../../api/client.ts';
import { describeError } from '../../api/errors.ts';
import type { CreditPack, CreditTopUp, Customer } from '../../api/types.ts';
import { formatMoney } from '../../formatting/money.ts';
import { formatExact } from '../../formatting/numbers.ts';
import { PackCountField } from '../credit-packs/pack-count-field.tsx';
import { packCount, priceOfPacks } from '../credit-packs/pack-count.ts';
import { packOptions } from '../credit-packs/pack-options.ts';
import { customerKeys } from '../customers/queries.ts';
import { invoiceKeys } from '../invoices/queries.ts';
import { useEnvironment } from '../merchants/environment-context.tsx';

/** As many as the API sells at once to whoever asks with a key. */
const packsMax = 1_000;

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
  const count = packCount(typed, packsMax);
  const pack = packs.find(({ id }) => id === pack_id);
  const wanted =
    pack && count !== undefined
      ? { packs: count, credits: pack.credits * count, total: priceOfPacks(pack.price, count) }
      : undefined;
  const sell = useMutation({
    mutationFn: (bought: number) => {
      const name = `${pack_id} ${bought}`;
      const idempotency_key = wish.get(name) ?? crypto.randomUUID();
      wish.set(name, idempotency_key);
      return unwrap(
        api.client.POST('/api/v1/customers/{id}/credits/top-ups', {
          params: { path: { id: customer.id } },
          body: { idempotency_key, pack: pack_id, packs: bought },
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
        if (wanted) sell.mutate(wanted.packs);
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
      <PackCountField typed={typed} onType={setTyped} max={packsMax} />
      {wanted ? (
        <p className="col-span-full text-sm text-muted" aria-live="polite">
          {formatExact(wanted.credits)} credits for {formatMoney(wanted.total)}.
        </p>
      ) : null}
      <DialogFooter className="col-span-full">
        <DialogClose asChild>
          <Button>Cancel</Button>
        </DialogClose>
        <Button type="submit" variant="primary" disabled={!wanted} pending={sell.isPending}>
          {wanted ? `Charge ${formatMoney(wanted.total)}` : 'Charge'}
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
