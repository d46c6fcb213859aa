'use client';

import { Card, CardBody, CardHeader } from '@billingos/ui/components/card';
import { Field } from '@billingos/ui/components/field';
import { Input } from '@billingos/ui/components/input';
import { Select } from '@billingos/ui/components/select';
import { useFormContext } from 'react-hook-form';
import { currencyOptions } from '../../formatting/currencies.ts';
import { parseMoney } from '../../formatting/money.ts';
import type { PlanDraft } from './plan-draft.ts';
import { amountHint } from './price-amount-hint.ts';

/** The most that use may cost a subscriber in a billing period. */
export function PlanSpendCapFields() {
  const { register, formState, watch, setValue } = useFormContext<PlanDraft>();
  const { currency } = watch('spend_cap');
  const errors = formState.errors.spend_cap;
  return (
    <Card>
      <CardHeader
        title="Spend cap"
        description="When use has cost so much in a billing period, checks say no, whatever the limits say."
      />
      <CardBody className="grid gap-4 sm:grid-cols-2">
        <Field
          label="Use costs at most"
          optional
          hint="Empty means no cap. A customer can have another one."
          error={errors?.amount?.message}
        >
          {(control) => (
            <Input
              {...control}
              inputMode="decimal"
              placeholder="200.00"
              autoComplete="off"
              {...register('spend_cap.amount', {
                validate: (typed, { spend_cap }) =>
                  typed.trim() === '' ||
                  parseMoney(typed, spend_cap.currency) !== undefined ||
                  amountHint(spend_cap.currency),
              })}
            />
          )}
        </Field>
        <Field
          label="Currency of the cap"
          hint="Of subscriptions in this currency."
          error={errors?.currency?.message}
        >
          {(control) => (
            <Select
              {...control}
              className="sm:max-w-32"
              value={currency}
              options={currencyOptions(currency)}
              onValueChange={(value) => setValue('spend_cap.currency', value)}
            />
          )}
        </Field>
      </CardBody>
    </Card>
  );
}
