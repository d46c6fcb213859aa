'use client';

import { Button } from '@billingos/ui/components/button';
import { Dialog, DialogContent, DialogTrigger } from '@billingos/ui/components/dialog';
import { Field } from '@billingos/ui/components/field';
import { Input } from '@billingos/ui/components/input';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Plus } from 'lucide-react';
import { useState } from 'react';
import { Controller, useForm } from 'react-hook-form';
import { toast } from 'sonner';
import { unwrap } from '../../api/client.ts';
import { placeError } from '../../api/place-error.ts';
import { parseMoney } from '../../formatting/money.ts';
import { parseQuantity } from '../../formatting/numbers.ts';
import { CurrencyField } from '../../forms/currency-field.tsx';
import { DialogForm } from '../../forms/dialog-form.tsx';
import { useEnvironment } from '../merchants/environment-context.tsx';
import { keyOfName } from '../plans/key-of-name.ts';
import { amountHint } from '../plans/price-amount-hint.ts';
import { type CreditPackDraft, creditPackOf, emptyCreditPack, parseDays } from './credit-pack-draft.ts';
import { creditPackKeys } from './queries.ts';

export function CreateCreditPackDialog() {
  const { can } = useEnvironment();
  const [open, setOpen] = useState(false);
  if (!can('catalog:write')) return null;
  return (
    <Dialog open={open} onOpenChange={setOpen}>
      <DialogTrigger asChild>
        <Button variant="primary">
          <Plus aria-hidden />
          New pack
        </Button>
      </DialogTrigger>
      <DialogContent
        title="New credit pack"
        description="It never changes: another price or size is another pack."
      >
        <CreditPackForm onCreated={() => setOpen(false)} />
      </DialogContent>
    </Dialog>
  );
}

function CreditPackForm({ onCreated }: { onCreated: () => void }) {
  const { api } = useEnvironment();
  const queries = useQueryClient();
  const form = useForm<CreditPackDraft>({ defaultValues: emptyCreditPack });
  const create = useMutation({
    mutationFn: (draft: CreditPackDraft) =>
      unwrap(api.client.POST('/api/v1/credits/packs', { body: creditPackOf(draft) })),
    onSuccess: async ({ name }) => {
      await queries.invalidateQueries({ queryKey: creditPackKeys.all(api) });
      toast.success(`${name} is on sale`);
      onCreated();
    },
    onError: (error) =>
      placeError(error, form, ['name', 'key', 'credits', 'amount', 'currency', 'expires_after_days']),
  });
  const { errors, dirtyFields } = form.formState;
  return (
    <DialogForm form={form} action={create} pending={create.isPending} submit="Create pack">
      <div className="grid gap-4 sm:grid-cols-2">
        <Field label="Name" hint="Stands on the invoice." error={errors.name?.message}>
          {(control) => (
            <Input
              {...control}
              placeholder="500 credits"
              autoComplete="off"
              {...form.register('name', {
                required: 'Give the pack a name.',
                onChange: (event: { target: { value: string } }) => {
                  if (!dirtyFields.key) form.setValue('key', keyOfName(event.target.value));
                },
              })}
            />
          )}
        </Field>
        <Field label="Key" hint="What your code says to buy it." error={errors.key?.message}>
          {(control) => (
            <Input
              {...control}
              className="font-mono"
              placeholder="credits_500"
              autoComplete="off"
              {...form.register('key', { required: 'Give the pack a key.' })}
            />
          )}
        </Field>
        <Field label="Credits" error={errors.credits?.message}>
          {(control) => (
            <Input
              {...control}
              inputMode="decimal"
              placeholder="500"
              autoComplete="off"
              {...form.register('credits', {
                validate: (typed) => parseQuantity(typed) !== undefined || 'Enter a number such as 500.',
              })}
            />
          )}
        </Field>
        <div className="grid grid-cols-[minmax(0,1fr)_5.5rem] gap-2">
          <Field label="Price" error={errors.amount?.message}>
            {(control) => (
              <Input
                {...control}
                inputMode="decimal"
                placeholder="20.00"
                autoComplete="off"
                {...form.register('amount', {
                  validate: (typed, { currency }) =>
                    (parseMoney(typed, currency) ?? 0) > 0 || amountHint(currency),
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
        <Field
          label="Days until they expire"
          optional
          className="sm:col-span-full"
          hint="Counted from the payment. Empty means that they never expire."
          error={errors.expires_after_days?.message}
        >
          {(control) => (
            <Input
              {...control}
              inputMode="numeric"
              placeholder="365"
              autoComplete="off"
              {...form.register('expires_after_days', {
                validate: (typed) =>
                  typed.trim() === '' || parseDays(typed) !== undefined || 'Enter 1 to 3,650 days.',
              })}
            />
          )}
        </Field>
      </div>
    </DialogForm>
  );
}
