'use client';

import { Field } from '@billingos/ui/components/field';
import { Input } from '@billingos/ui/components/input';
import { Select } from '@billingos/ui/components/select';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useForm } from 'react-hook-form';
import { toast } from 'sonner';
import { unwrap } from '../../api/client.ts';
import { placeError } from '../../api/place-error.ts';
import { parseMoney } from '../../formatting/money.ts';
import { parseCount } from '../../formatting/numbers.ts';
import { DialogForm } from '../../forms/dialog-form.tsx';
import { useEnvironment } from '../merchants/environment-context.tsx';
import { couponOf, emptyCoupon, parsePercent, type CouponDraft } from './coupon-draft.ts';
import { couponKeys } from './queries.ts';

const kinds = [
  { value: 'percent', label: 'A percentage' },
  { value: 'amount', label: 'An amount' },
] as const;
const durations = [
  { value: 'once', label: 'The first invoice' },
  { value: 'repeating', label: 'Some months' },
  { value: 'forever', label: 'Every invoice' },
] as const;

export function CouponForm({ onCreated }: { onCreated: () => void }) {
  const { api } = useEnvironment();
  const queries = useQueryClient();
  const form = useForm<CouponDraft>({ defaultValues: emptyCoupon });
  const create = useMutation({
    mutationFn: (draft: CouponDraft) => unwrap(api.client.POST('/api/v1/coupons', { body: couponOf(draft) })),
    onSuccess: async ({ name }) => {
      await queries.invalidateQueries({ queryKey: couponKeys.all(api) });
      toast.success(`${name} can be redeemed`);
      onCreated();
    },
    onError: (error) =>
      placeError(error, form, [
        'name',
        'key',
        'percent_off',
        'amount_off',
        'currency',
        'duration_months',
        'redemptions_max',
        'redeem_by',
      ]),
  });
  const { errors } = form.formState;
  const { kind, duration } = form.watch();
  const optionalCount = (typed: string) =>
    typed.trim() === '' || (parseCount(typed) ?? 0) >= 1 || 'Enter a whole number, or nothing.';
  return (
    <DialogForm form={form} action={create} pending={create.isPending} submit="Create coupon">
      <div className="grid gap-4 sm:grid-cols-2">
        <Field label="Name" hint="Stands on the invoice." error={errors.name?.message}>
          {(control) => (
            <Input
              {...control}
              placeholder="Spring sale"
              autoComplete="off"
              {...form.register('name', { required: 'Give the coupon a name.' })}
            />
          )}
        </Field>
        <Field label="Key" hint="What people type." error={errors.key?.message}>
          {(control) => (
            <Input
              {...control}
              className="font-mono"
              placeholder="SPRING"
              autoComplete="off"
              {...form.register('key', { required: 'Give the coupon a key.' })}
            />
          )}
        </Field>
        <Field label="Takes off">
          {(control) => (
            <Select
              {...control}
              value={kind}
              options={kinds}
              onValueChange={(value) => form.setValue('kind', value === 'amount' ? 'amount' : 'percent')}
            />
          )}
        </Field>
        {kind === 'percent' ? (
          <Field label="Percent" error={errors.percent_off?.message}>
            {(control) => (
              <Input
                {...control}
                inputMode="decimal"
                placeholder="20"
                autoComplete="off"
                {...form.register('percent_off', {
                  validate: (typed) =>
                    parsePercent(typed) !== undefined || 'Enter a percentage above 0 and up to 100.',
                })}
              />
            )}
          </Field>
        ) : (
          <div className="grid grid-cols-[minmax(0,1fr)_5.5rem] gap-2">
            <Field label="Amount" error={errors.amount_off?.message}>
              {(control) => (
                <Input
                  {...control}
                  inputMode="decimal"
                  placeholder="5.00"
                  autoComplete="off"
                  {...form.register('amount_off', {
                    validate: (typed, { currency }) =>
                      (parseMoney(typed, currency) ?? 0) > 0 || 'Enter an amount above 0.',
                  })}
                />
              )}
            </Field>
            <Field label="Currency" error={errors.currency?.message}>
              {(control) => (
                <Input
                  {...control}
                  className="uppercase"
                  autoComplete="off"
                  {...form.register('currency', {
                    setValueAs: (typed: string) => typed.trim().toLowerCase(),
                    pattern: { value: /^[a-z]{3}$/i, message: 'Three letters.' },
                  })}
                />
              )}
            </Field>
          </div>
        )}
        <Field label="Off">
          {(control) => (
            <Select
              {...control}
              value={duration}
              options={durations}
              onValueChange={(value) =>
                form.setValue('duration', durations.find((one) => one.value === value)?.value ?? 'once')
              }
            />
          )}
        </Field>
        {duration === 'repeating' ? (
          <Field label="Months" error={errors.duration_months?.message}>
            {(control) => (
              <Input
                {...control}
                inputMode="numeric"
                autoComplete="off"
                {...form.register('duration_months', {
                  validate: (typed) => (parseCount(typed) ?? 0) >= 1 || 'At least 1.',
                })}
              />
            )}
          </Field>
        ) : null}
        <Field
          label="Redeemed at most"
          optional
          hint="By all together."
          error={errors.redemptions_max?.message}
        >
          {(control) => (
            <Input
              {...control}
              inputMode="numeric"
              autoComplete="off"
              {...form.register('redemptions_max', { validate: optionalCount })}
            />
          )}
        </Field>
        <Field label="Last day" optional error={errors.redeem_by?.message}>
          {(control) => <Input {...control} type="date" {...form.register('redeem_by')} />}
        </Field>
      </div>
    </DialogForm>
  );
}
