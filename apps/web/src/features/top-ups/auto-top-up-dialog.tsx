'use client';

import { Button } from '@billingos/ui/components/button';
import { Dialog, DialogContent, DialogTrigger } from '@billingos/ui/components/dialog';
import { Field } from '@billingos/ui/components/field';
import { Input } from '@billingos/ui/components/input';
import { Select } from '@billingos/ui/components/select';
import { Switch } from '@billingos/ui/components/switch';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Controller, useForm } from 'react-hook-form';
import { toast } from 'sonner';
import { unwrap } from '../../api/client.ts';
import { placeError } from '../../api/place-error.ts';
import type { AutoTopUp, CreditPack, Customer } from '../../api/types.ts';
import { majorText, parseMoney } from '../../formatting/money.ts';
import { parseCount, parseQuantity, quantityText } from '../../formatting/numbers.ts';
import { DialogForm } from '../../forms/dialog-form.tsx';
import { packOptions } from '../credit-packs/pack-options.ts';
import { customerKeys } from '../customers/queries.ts';
import { useEnvironment } from '../merchants/environment-context.tsx';
import { amountHint } from '../plans/price-amount-hint.ts';

type AutoTopUpDialogProps = {
  customer: Customer;
  settings: AutoTopUp['settings'];
  /** What is on sale. */
  packs: readonly CreditPack[];
};

/** Lets packs be bought by themselves while the balance is low. */
export function AutoTopUpDialog(props: AutoTopUpDialogProps) {
  const [open, setOpen] = useState(false);
  return (
    <Dialog open={open} onOpenChange={setOpen}>
      <DialogTrigger asChild>
        <Button size="sm">Automatic top-up</Button>
      </DialogTrigger>
      <DialogContent
        title="Automatic top-up"
        description="Buys as many packs as close the gap with the card that the customer pays with. When a payment fails it turns itself off and raises an alert."
      >
        <AutoTopUpForm {...props} onDone={() => setOpen(false)} />
      </DialogContent>
    </Dialog>
  );
}

type Values = {
  enabled: boolean;
  pack: string;
  below: string;
  amount_max_per_month: string;
  times_max_per_hour: string;
};

function AutoTopUpForm({ customer, settings, packs, onDone }: AutoTopUpDialogProps & { onDone: () => void }) {
  const { api } = useEnvironment();
  const queries = useQueryClient();
  const currencyOf = (pack: string) => packs.find(({ id }) => id === pack)?.price.currency ?? 'usd';
  const chosen = packs.find(({ id }) => id === settings?.pack) ?? packs[0];
  const form = useForm<Values>({
    defaultValues: {
      enabled: settings?.enabled ?? true,
      pack: chosen?.id ?? '',
      below: settings ? quantityText(settings.below) : '',
      amount_max_per_month: settings
        ? majorText(settings.amount_max_per_month, chosen?.price.currency ?? 'usd')
        : '',
      times_max_per_hour: String(settings?.times_max_per_hour ?? 3),
    },
  });
  const save = useMutation({
    mutationFn: (values: Values) =>
      unwrap(
        api.client.PUT('/api/v1/customers/{id}/credits/auto-top-up', {
          params: { path: { id: customer.id } },
          body: {
            enabled: values.enabled,
            pack: values.pack,
            below: parseQuantity(values.below) ?? 0,
            amount_max_per_month: parseMoney(values.amount_max_per_month, currencyOf(values.pack)) ?? 0,
            times_max_per_hour: parseCount(values.times_max_per_hour) ?? 1,
          },
        }),
      ),
    onSuccess: async ({ settings: saved }) => {
      await queries.invalidateQueries({ queryKey: customerKeys.one(api, customer.id) });
      toast.success(saved?.enabled ? 'Packs are bought automatically' : 'Nothing is bought automatically');
      onDone();
    },
    onError: (error) =>
      placeError(error, form, ['pack', 'below', 'amount_max_per_month', 'times_max_per_hour']),
  });
  const { errors } = form.formState;
  const currency = currencyOf(form.watch('pack'));
  return (
    <DialogForm form={form} action={save} pending={save.isPending} submit="Save">
      <div className="grid gap-4 sm:grid-cols-2">
        <Controller
          control={form.control}
          name="enabled"
          render={({ field }) => (
            <div className="col-span-full flex items-center gap-3">
              <Switch id="auto-top-up-on" checked={field.value} onCheckedChange={field.onChange} />
              <label htmlFor="auto-top-up-on" className="cursor-pointer text-sm">
                Buy automatically
              </label>
            </div>
          )}
        />
        <Controller
          control={form.control}
          name="pack"
          render={({ field }) => (
            <Field label="Pack" className="col-span-full" error={errors.pack?.message}>
              {(control) => (
                <Select
                  {...control}
                  value={field.value}
                  options={packOptions(packs)}
                  onValueChange={field.onChange}
                />
              )}
            </Field>
          )}
        />
        <Field label="Below" hint="Credits." error={errors.below?.message}>
          {(control) => (
            <Input
              {...control}
              inputMode="decimal"
              placeholder="50"
              autoComplete="off"
              {...form.register('below', {
                validate: (typed) => parseQuantity(typed) !== undefined || 'Enter a number above 0.',
              })}
            />
          )}
        </Field>
        <Field
          label={`At most in 30 days (${currency.toUpperCase()})`}
          hint="Beyond it nothing is bought."
          error={errors.amount_max_per_month?.message}
        >
          {(control) => (
            <Input
              {...control}
              inputMode="decimal"
              placeholder="100.00"
              autoComplete="off"
              {...form.register('amount_max_per_month', {
                validate: (typed, { pack }) =>
                  (parseMoney(typed, currencyOf(pack)) ?? 0) > 0 || amountHint(currencyOf(pack)),
              })}
            />
          )}
        </Field>
        <Field
          label="Purchases in an hour, at most"
          className="col-span-full"
          error={errors.times_max_per_hour?.message}
        >
          {(control) => (
            <Input
              {...control}
              inputMode="numeric"
              autoComplete="off"
              {...form.register('times_max_per_hour', {
                validate: (typed) => {
                  const times = parseCount(typed) ?? 0;
                  return (times >= 1 && times <= 60) || 'Enter 1 to 60.';
                },
              })}
            />
          )}
        </Field>
      </div>
    </DialogForm>
  );
}
