'use client';

import { Button } from '@billingos/ui/components/button';
import { Dialog, DialogContent, DialogTrigger } from '@billingos/ui/components/dialog';
import { Field } from '@billingos/ui/components/field';
import { Input } from '@billingos/ui/components/input';
import { Select } from '@billingos/ui/components/select';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Controller, useForm, useWatch } from 'react-hook-form';
import { toast } from 'sonner';
import { unwrap } from '../../api/client.ts';
import { placeError } from '../../api/place-error.ts';
import type { Customer, Plan } from '../../api/types.ts';
import { formatInterval, parseMoney, parseUnitPrice } from '../../formatting/money.ts';
import { DialogForm } from '../../forms/dialog-form.tsx';
import { useEnvironment } from '../merchants/environment-context.tsx';
import { priceWords } from '../plans/plan-terms.ts';
import { plansQuery } from '../plans/queries.ts';
import { customerPricesQuery } from './queries.ts';

type Price = Plan['prices'][number];

/** Agrees on an amount for what has one. Prices in tiers are agreed through the API. */
export function AgreePriceDialog({ customer }: { customer: Customer }) {
  const [open, setOpen] = useState(false);
  return (
    <Dialog open={open} onOpenChange={setOpen}>
      <DialogTrigger asChild>
        <Button size="sm">Agree on a price</Button>
      </DialogTrigger>
      <DialogContent
        title="Agree on a price"
        description="For this customer only, in place of one of the price list. Prices in tiers are agreed through the API."
      >
        <AgreePriceForm customer={customer} onDone={() => setOpen(false)} />
      </DialogContent>
    </Dialog>
  );
}

type Values = { price: string; amount: string };

function AgreePriceForm({ customer, onDone }: { customer: Customer; onDone: () => void }) {
  const { api } = useEnvironment();
  const queries = useQueryClient();
  const plans = useQuery(plansQuery(api));
  const choices = (plans.data?.data ?? []).flatMap((plan) =>
    plan.prices.filter(({ tiers }) => tiers === null).map((price) => ({ plan, price })),
  );
  const form = useForm<Values>({ defaultValues: { price: '', amount: '' } });
  const chosenId = useWatch({ control: form.control, name: 'price' });
  const chosen = choices.find(({ price }) => price.id === chosenId)?.price;
  const agree = useMutation({
    mutationFn: ({ price, amount }: Values) =>
      unwrap(
        api.client.POST('/api/v1/customers/{id}/prices', {
          params: { path: { id: customer.id } },
          body: { price, ...(chosen ? chargeOf(chosen, amount) : {}) },
        }),
      ),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: customerPricesQuery(api, customer.id).queryKey });
      toast.success('Agreed');
      onDone();
    },
    onError: (error) =>
      placeError(
        error,
        form,
        new Map([
          ['price', 'price'],
          ['amount', 'amount'],
          ['unit_amount', 'amount'],
        ] as const),
      ),
  });
  const { errors } = form.formState;
  return (
    <DialogForm form={form} action={agree} pending={agree.isPending} submit="Agree">
      <Controller
        control={form.control}
        name="price"
        rules={{ required: 'Choose the price it replaces.' }}
        render={({ field }) => (
          <Field label="In place of" error={errors.price?.message}>
            {(control) => (
              <Select
                {...control}
                value={field.value}
                placeholder="Choose a price"
                options={choices.map(({ plan, price }) => ({
                  value: price.id,
                  label: `${plan.name}: ${priceWords(price, plan.features)} / ${formatInterval(price.interval, price.interval_count)}`,
                }))}
                onValueChange={field.onChange}
              />
            )}
          </Field>
        )}
      />
      <Field
        label={chosen ? `Amount in ${chosen.currency.toUpperCase()}` : 'Amount'}
        error={errors.amount?.message}
      >
        {(control) => (
          <Input
            {...control}
            inputMode="decimal"
            autoComplete="off"
            {...form.register('amount', {
              validate: (typed) =>
                chosen === undefined ||
                chargeOf(chosen, typed) !== undefined ||
                'Write an amount such as 9.90.',
            })}
          />
        )}
      </Field>
    </DialogForm>
  );
}

/** The typed amount in the words of the price that it replaces: the same type, packages and free units. */
function chargeOf(price: Price, typed: string) {
  if (price.type === 'flat' || price.type === 'per_seat') {
    const amount = parseMoney(typed, price.currency);
    return amount === undefined ? undefined : { amount };
  }
  const unit_amount = parseUnitPrice(typed, price.currency);
  if (unit_amount === undefined) return undefined;
  return {
    unit_amount,
    ...(price.package_size === null ? {} : { package_size: price.package_size }),
    ...(price.included_units === 0 ? {} : { included_units: price.included_units }),
  };
}
