'use client';

import { Button } from '@billingos/ui/components/button';
import { Dialog, DialogContent, DialogTrigger } from '@billingos/ui/components/dialog';
import { Field } from '@billingos/ui/components/field';
import { Input } from '@billingos/ui/components/input';
import { Select } from '@billingos/ui/components/select';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Controller, useForm } from 'react-hook-form';
import { toast } from 'sonner';
import { unwrap } from '../../api/client.ts';
import { placeError } from '../../api/place-error.ts';
import type { Customer, SpendCap } from '../../api/types.ts';
import { majorText, parseMoney } from '../../formatting/money.ts';
import { CurrencyField } from '../../forms/currency-field.tsx';
import { DialogForm } from '../../forms/dialog-form.tsx';
import { customerKeys } from '../customers/queries.ts';
import { useEnvironment } from '../merchants/environment-context.tsx';
import { amountHint } from '../plans/price-amount-hint.ts';
import { subscriptionsOfQuery } from '../subscriptions/queries.ts';

type SpendCapDialogProps = { customer: Customer; own: SpendCap['own'] };

/** Caps what use may cost this customer, in place of what the plan says. */
export function SpendCapDialog({ customer, own }: SpendCapDialogProps) {
  const [open, setOpen] = useState(false);
  return (
    <Dialog open={open} onOpenChange={setOpen}>
      <DialogTrigger asChild>
        <Button size="sm">{own ? 'Change cap' : 'Set own cap'}</Button>
      </DialogTrigger>
      <DialogContent
        title="Spend cap of this customer"
        description="In place of the plan’s, from the next check on. What is reported beyond it is still recorded and charged."
      >
        <SpendCapForm customer={customer} own={own} onDone={() => setOpen(false)} />
      </DialogContent>
    </Dialog>
  );
}

type Values = { kind: 'amount' | 'none'; amount: string; currency: string };

const kinds = [
  { value: 'amount', label: 'Use costs at most an amount' },
  { value: 'none', label: 'No cap, whatever the plan says' },
] as const;

function SpendCapForm({ customer, own, onDone }: SpendCapDialogProps & { onDone: () => void }) {
  const { api } = useEnvironment();
  const queries = useQueryClient();
  const subscriptions = useQuery(subscriptionsOfQuery(api, [customer.id]));
  const currency = own?.currency ?? subscriptions.data?.[0]?.items[0]?.currency ?? 'usd';
  const form = useForm<Values>({
    defaultValues: {
      kind: own?.amount === null ? 'none' : 'amount',
      amount: own?.amount ? majorText(own.amount, own.currency) : '',
      currency,
    },
  });
  const save = useMutation({
    mutationFn: ({ kind, ...values }: Values) =>
      unwrap(
        api.client.PUT('/api/v1/customers/{id}/spend-cap', {
          params: { path: { id: customer.id } },
          body: {
            amount: kind === 'none' ? null : (parseMoney(values.amount, values.currency) ?? null),
            currency: values.currency,
          },
        }),
      ),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: customerKeys.one(api, customer.id) });
      toast.success('The cap holds');
      onDone();
    },
    onError: (error) => placeError(error, form, ['amount', 'currency']),
  });
  const { errors } = form.formState;
  const kind = form.watch('kind');
  return (
    <DialogForm form={form} action={save} pending={save.isPending} submit="Set the cap">
      <Controller
        control={form.control}
        name="kind"
        render={({ field }) => (
          <Field label="Cap">
            {(control) => (
              <Select {...control} value={field.value} options={kinds} onValueChange={field.onChange} />
            )}
          </Field>
        )}
      />
      <div className="grid grid-cols-[minmax(0,1fr)_6rem] gap-3">
        {kind === 'amount' ? (
          <Field label="In a billing period" error={errors.amount?.message}>
            {(control) => (
              <Input
                {...control}
                inputMode="decimal"
                placeholder="200.00"
                autoComplete="off"
                {...form.register('amount', {
                  validate: (typed, values) =>
                    values.kind === 'none' ||
                    parseMoney(typed, values.currency) !== undefined ||
                    amountHint(values.currency),
                })}
              />
            )}
          </Field>
        ) : null}
        <Controller
          control={form.control}
          name="currency"
          render={({ field }) => (
            <CurrencyField
              value={field.value}
              onValueChange={field.onChange}
              error={errors.currency?.message}
            />
          )}
        />
      </div>
    </DialogForm>
  );
}
