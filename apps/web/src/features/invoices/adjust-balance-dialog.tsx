'use client';

import { Button } from '@billingos/ui/components/button';
import { Dialog, DialogContent, DialogTrigger } from '@billingos/ui/components/dialog';
import { Field } from '@billingos/ui/components/field';
import { Input } from '@billingos/ui/components/input';
import { Select } from '@billingos/ui/components/select';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Controller, useForm } from 'react-hook-form';
import { toast } from 'sonner';
import { unwrap } from '../../api/client.ts';
import { placeError } from '../../api/place-error.ts';
import type { Customer } from '../../api/types.ts';
import { parseMoney } from '../../formatting/money.ts';
import { CurrencyField } from '../../forms/currency-field.tsx';
import { DialogForm } from '../../forms/dialog-form.tsx';
import { useEnvironment } from '../merchants/environment-context.tsx';
import { invoiceKeys } from './queries.ts';

/** Gives a customer money for the next invoices, or takes some of it back. */
export function AdjustBalanceDialog({ customer }: { customer: Customer }) {
  const [open, setOpen] = useState(false);
  return (
    <Dialog open={open} onOpenChange={setOpen}>
      <DialogTrigger asChild>
        <Button size="sm">Adjust balance</Button>
      </DialogTrigger>
      <DialogContent
        title="Adjust the balance"
        description="Money that the next invoices use before a card is charged. What was entered stays; a mistake is put right by another entry."
      >
        <AdjustBalanceForm customer={customer} onDone={() => setOpen(false)} />
      </DialogContent>
    </Dialog>
  );
}

const directions = [
  { value: 'give', label: 'Add to it' },
  { value: 'take', label: 'Take from it' },
];

type Values = { direction: string; amount: string; currency: string; description: string };

function AdjustBalanceForm({ customer, onDone }: { customer: Customer; onDone: () => void }) {
  const { api } = useEnvironment();
  const queries = useQueryClient();
  const form = useForm<Values>({
    defaultValues: { direction: 'give', amount: '', currency: 'usd', description: '' },
  });
  const adjust = useMutation({
    mutationFn: ({ direction, amount, currency, description }: Values) =>
      unwrap(
        api.client.POST('/api/v1/customers/{id}/balance', {
          params: { path: { id: customer.id } },
          body: {
            amount: (parseMoney(amount, currency) ?? 0) * (direction === 'give' ? 1 : -1),
            currency,
            ...(description.trim() ? { description: description.trim() } : {}),
          },
        }),
      ),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: invoiceKeys.all(api) });
      toast.success('The balance is adjusted');
      onDone();
    },
    onError: (error) => placeError(error, form, ['amount', 'currency', 'description']),
  });
  const { errors } = form.formState;
  return (
    <DialogForm form={form} action={adjust} pending={adjust.isPending} submit="Save">
      <Controller
        control={form.control}
        name="direction"
        render={({ field }) => (
          <Field label="What to do">
            {(control) => (
              <Select {...control} value={field.value} options={directions} onValueChange={field.onChange} />
            )}
          </Field>
        )}
      />
      <div className="grid grid-cols-[minmax(0,1fr)_6rem] gap-4">
        <Field label="Amount" error={errors.amount?.message}>
          {(control) => (
            <Input
              {...control}
              inputMode="decimal"
              autoComplete="off"
              placeholder="25.00"
              {...form.register('amount', {
                validate: (typed, { currency }) =>
                  (parseMoney(typed, currency) ?? 0) > 0 || 'Write an amount such as 9.90.',
              })}
            />
          )}
        </Field>
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
      <Field label="Why" optional hint="Stands in the list of entries." error={errors.description?.message}>
        {(control) => <Input {...control} autoComplete="off" {...form.register('description')} />}
      </Field>
    </DialogForm>
  );
}
