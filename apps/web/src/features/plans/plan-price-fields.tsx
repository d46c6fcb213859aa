'use client';

import { Button } from '@billingos/ui/components/button';
import { Card, CardBody, CardHeader } from '@billingos/ui/components/card';
import { Field } from '@billingos/ui/components/field';
import { Input } from '@billingos/ui/components/input';
import { Select } from '@billingos/ui/components/select';
import { Plus, Trash2 } from 'lucide-react';
import { Controller, useFieldArray, useFormContext, useWatch } from 'react-hook-form';
import type { Feature, Interval } from '../../api/types.ts';
import { CurrencyField } from '../../forms/currency-field.tsx';
import { parseMoney } from '../../formatting/money.ts';
import { parseCount } from '../../formatting/numbers.ts';
import {
  chargeTerms,
  draftPrices,
  emptyPrice,
  hasAmount,
  isTiered,
  type PlanDraft,
  type PriceDraft,
} from './plan-draft.ts';
import { amountHint } from './price-amount-hint.ts';
import { PriceGraph } from './price-graph.tsx';
import { PriceTierFields } from './price-tier-fields.tsx';
import { priceTypes } from './price-type.ts';
import { PriceUnitFields } from './price-unit-fields.tsx';

const intervals: readonly { value: Interval; label: string }[] = [
  { value: 'day', label: 'day' },
  { value: 'week', label: 'week' },
  { value: 'month', label: 'month' },
  { value: 'year', label: 'year' },
];

/** The prices of a plan. Those of one currency and interval are sold together. */
export function PlanPriceFields({ catalog }: { catalog: readonly Feature[] }) {
  const { control, getValues } = useFormContext<PlanDraft>();
  const { fields, append, remove } = useFieldArray({ control, name: 'prices' });
  return (
    <Card>
      <CardHeader
        title="Price"
        description="Prices of one currency and interval are charged together: a flat one, one by seat, and one for the use of each feature."
        action={
          <Button
            size="sm"
            variant="ghost"
            onClick={() =>
              append({
                ...emptyPrice,
                currency: getValues('prices')[0]?.currency ?? emptyPrice.currency,
                interval: 'year',
              })
            }
          >
            <Plus aria-hidden />
            Add a price
          </Button>
        }
      />
      <CardBody className="grid gap-4">
        {fields.map((price, index) => (
          <fieldset key={price.id} className="grid gap-3 border-t pt-4 first:border-t-0 first:pt-0">
            <legend className="sr-only">Price {index + 1}</legend>
            <PriceHead index={index} removable={fields.length > 1} onRemove={() => remove(index)} />
            <PriceCharge index={index} catalog={catalog} />
          </fieldset>
        ))}
      </CardBody>
    </Card>
  );
}

type PriceHeadProps = { index: number; removable: boolean; onRemove: () => void };

function PriceHead({ index, removable, onRemove }: PriceHeadProps) {
  const { control, register, formState, setValue, getValues } = useFormContext<PlanDraft>();
  const errors = formState.errors.prices?.[index];
  return (
    <div className="grid grid-cols-[1fr_1fr_auto] items-start gap-3 sm:grid-cols-[minmax(0,1fr)_6rem_5rem_7rem_auto]">
      <Controller
        control={control}
        name={`prices.${index}.type`}
        render={({ field }) => (
          <Field label="Model" className="col-span-full sm:col-span-1" error={errors?.type?.message}>
            {(tied) => (
              <Select
                {...tied}
                value={field.value}
                options={priceTypes}
                onValueChange={(value) => {
                  field.onChange(value);
                  // Seats and use are priced in tiers alike; what is charged flat has no feature.
                  if (value === 'flat' || value === 'per_seat') setValue(`prices.${index}.feature`, '');
                  if (getValues(`prices.${index}.tiers`).length === 0)
                    setValue(`prices.${index}.tiers`, emptyPrice.tiers);
                }}
              />
            )}
          </Field>
        )}
      />
      <Controller
        control={control}
        name={`prices.${index}.currency`}
        render={({ field }) => (
          <CurrencyField
            className="col-span-full sm:col-span-1"
            value={field.value}
            onValueChange={field.onChange}
            error={errors?.currency?.message}
          />
        )}
      />
      <Field label="Every" error={errors?.interval_count?.message}>
        {(tied) => (
          <Input
            {...tied}
            inputMode="numeric"
            {...register(`prices.${index}.interval_count`, {
              validate: (typed) => (parseCount(typed) ?? 0) >= 1 || 'At least 1.',
            })}
          />
        )}
      </Field>
      <Controller
        control={control}
        name={`prices.${index}.interval`}
        render={({ field }) => (
          <Field label="Interval">
            {(tied) => (
              <Select {...tied} value={field.value} onValueChange={field.onChange} options={intervals} />
            )}
          </Field>
        )}
      />
      <Button
        variant="ghost"
        size="icon"
        className="mt-6.5"
        aria-label={`Remove price ${index + 1}`}
        disabled={!removable}
        onClick={onRemove}
      >
        <Trash2 aria-hidden />
      </Button>
    </div>
  );
}

/** The fields of one price's model, and its graph once they make sense. */
function PriceCharge({ index, catalog }: { index: number; catalog: readonly Feature[] }) {
  const { control, register, formState } = useFormContext<PlanDraft>();
  const price: PriceDraft | undefined = useWatch({ control, name: `prices.${index}` });
  // A price that was just removed is asked for once more before it leaves the page.
  if (price === undefined) return null;
  const { currency } = price;
  if (hasAmount(price.type)) {
    return (
      <Field
        label={price.type === 'flat' ? 'Amount' : 'Amount of one seat'}
        className="sm:max-w-56"
        hint={price.type === 'flat' ? 'Charged at the start of each period. 0 makes the plan free.' : null}
        error={formState.errors.prices?.[index]?.amount?.message}
      >
        {(tied) => (
          <Input
            {...tied}
            inputMode="decimal"
            placeholder="29.00"
            autoComplete="off"
            {...register(`prices.${index}.amount`, {
              validate: (typed) => parseMoney(typed, currency) !== undefined || amountHint(currency),
            })}
          />
        )}
      </Field>
    );
  }
  const [wished] = draftPrices({ prices: [price] });
  const feature = catalog.find(({ key }) => key === price.feature);
  return (
    <>
      <PriceUnitFields index={index} catalog={catalog} />
      {isTiered(price.type) ? <PriceTierFields index={index} /> : null}
      {wished ? (
        <PriceGraph price={chargeTerms(wished)} currency={currency} counted={feature?.name ?? 'seats'} />
      ) : null}
    </>
  );
}
