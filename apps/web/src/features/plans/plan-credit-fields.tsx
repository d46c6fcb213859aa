'use client';

import { Card, CardBody, CardHeader } from '@billingos/ui/components/card';
import { Field } from '@billingos/ui/components/field';
import { Input } from '@billingos/ui/components/input';
import { Select } from '@billingos/ui/components/select';
import { Switch } from '@billingos/ui/components/switch';
import { useFormContext } from 'react-hook-form';
import { parseCount, parseQuantity } from '../../formatting/numbers.ts';
import type { PlanCredits } from './plan-credits.ts';
import type { PlanDraft } from './plan-draft.ts';

const intervals: readonly { value: PlanCredits['interval']; label: string }[] = [
  { value: 'day', label: 'day' },
  { value: 'week', label: 'week' },
  { value: 'month', label: 'month' },
  { value: 'year', label: 'year' },
];

/** The credits that the plan grants anew each interval. */
export function PlanCreditFields() {
  const { register, formState, watch, setValue } = useFormContext<PlanDraft>();
  const { quantity, interval, carries_over } = watch('credits');
  const errors = formState.errors.credits;
  const grantsSome = quantity.trim() !== '';
  return (
    <Card>
      <CardHeader
        title="Credits"
        description="They pay for use beyond the limits of features with a credit cost."
      />
      <CardBody className="grid gap-4">
        <div className="grid gap-4 sm:grid-cols-2">
          <Field label="Credits" optional hint="Empty means none." error={errors?.quantity?.message}>
            {(control) => (
              <Input
                {...control}
                inputMode="decimal"
                placeholder="500"
                autoComplete="off"
                {...register('credits.quantity', {
                  validate: (typed) =>
                    typed.trim() === '' ||
                    parseQuantity(typed) !== undefined ||
                    'Enter a number such as 500, or nothing.',
                })}
              />
            )}
          </Field>
          {grantsSome ? (
            <div className="grid grid-cols-[5rem_minmax(0,1fr)] gap-3">
              <Field label="Every" error={errors?.interval_count?.message}>
                {(control) => (
                  <Input
                    {...control}
                    inputMode="numeric"
                    {...register('credits.interval_count', {
                      validate: (typed) => isCountTo36(typed) || '1 to 36.',
                    })}
                  />
                )}
              </Field>
              <Field label="Interval of credits">
                {(control) => (
                  <Select
                    {...control}
                    value={interval}
                    options={intervals}
                    onValueChange={(value) =>
                      setValue(
                        'credits.interval',
                        intervals.find((one) => one.value === value)?.value ?? 'month',
                      )
                    }
                  />
                )}
              </Field>
            </div>
          ) : null}
        </div>
        {grantsSome ? (
          <div className="flex items-center gap-3">
            <Switch
              id="plan-credits-carry-over"
              checked={carries_over}
              onCheckedChange={(checked) => setValue('credits.carries_over', checked)}
            />
            <label htmlFor="plan-credits-carry-over" className="cursor-pointer text-sm">
              Carry over what is left at the end of an interval
            </label>
          </div>
        ) : null}
        {grantsSome && carries_over ? (
          <div className="grid gap-4 sm:grid-cols-2">
            <Field
              label="Carried over at most"
              hint="What a customer may have of it at once."
              error={errors?.rollover_max?.message}
            >
              {(control) => (
                <Input
                  {...control}
                  inputMode="decimal"
                  placeholder="1,000"
                  autoComplete="off"
                  {...register('credits.rollover_max', {
                    validate: (typed) =>
                      parseQuantity(typed) !== undefined || 'Enter a number such as 1,000.',
                  })}
                />
              )}
            </Field>
            <Field
              label="Usable for"
              hint="Intervals, before it expires."
              error={errors?.rollover_periods?.message}
            >
              {(control) => (
                <Input
                  {...control}
                  inputMode="numeric"
                  {...register('credits.rollover_periods', {
                    validate: (typed) => isCountTo36(typed) || 'Enter 1 to 36.',
                  })}
                />
              )}
            </Field>
          </div>
        ) : null}
      </CardBody>
    </Card>
  );
}

function isCountTo36(typed: string): boolean {
  const count = parseCount(typed) ?? 0;
  return count >= 1 && count <= 36;
}
