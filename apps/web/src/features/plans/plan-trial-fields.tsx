'use client';

import { Card, CardBody, CardHeader } from '@billingos/ui/components/card';
import { Field } from '@billingos/ui/components/field';
import { Input } from '@billingos/ui/components/input';
import { Select } from '@billingos/ui/components/select';
import { Switch } from '@billingos/ui/components/switch';
import { useFormContext } from 'react-hook-form';
import { parseCount } from '../../formatting/numbers.ts';
import type { PlanDraft } from './plan-draft.ts';

const ends = [
  { value: 'cancel', label: 'The subscription ends' },
  { value: 'pause', label: 'The subscription pauses' },
] as const;

/** How long a new customer may try the plan before the first charge. */
export function PlanTrialFields() {
  const { register, formState, watch, setValue } = useFormContext<PlanDraft>();
  const { days, requires_card, end } = watch('trial');
  return (
    <Card>
      <CardHeader title="Trial" description="Time before the first charge, once for each customer." />
      <CardBody className="grid gap-4 sm:grid-cols-2">
        <Field label="Days" optional hint="Empty means none." error={formState.errors.trial?.days?.message}>
          {(control) => (
            <Input
              {...control}
              inputMode="numeric"
              placeholder="14"
              autoComplete="off"
              {...register('trial.days', {
                validate: (typed) => {
                  const count = parseCount(typed);
                  const fits = count !== undefined && count >= 1 && count <= 730;
                  return typed.trim() === '' || fits || 'Enter 1 to 730 days.';
                },
              })}
            />
          )}
        </Field>
        {days.trim() === '' ? null : (
          <>
            <Field label="Without a card at its end">
              {(control) => (
                <Select
                  {...control}
                  value={end}
                  options={ends}
                  onValueChange={(value) => setValue('trial.end', value === 'pause' ? 'pause' : 'cancel')}
                />
              )}
            </Field>
            <div className="flex items-center gap-3">
              <Switch
                id="trial-requires-card"
                checked={requires_card}
                onCheckedChange={(checked) => setValue('trial.requires_card', checked)}
              />
              <label htmlFor="trial-requires-card" className="cursor-pointer text-sm">
                Ask for a card before it begins
              </label>
            </div>
          </>
        )}
      </CardBody>
    </Card>
  );
}
