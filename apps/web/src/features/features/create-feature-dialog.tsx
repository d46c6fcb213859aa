'use client';

import { Button } from '@billingos/ui/components/button';
import {
  Dialog,
  DialogClose,
  DialogContent,
  DialogFooter,
  DialogTrigger,
} from '@billingos/ui/components/dialog';
import { Field } from '@billingos/ui/components/field';
import { Input } from '@billingos/ui/components/input';
import { Notice } from '@billingos/ui/components/notice';
import { Select } from '@billingos/ui/components/select';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Plus } from 'lucide-react';
import { useState } from 'react';
import { Controller, useForm } from 'react-hook-form';
import { unwrap } from '../../api/client.ts';
import { placeError } from '../../api/place-error.ts';
import type { Feature, NewFeature } from '../../api/types.ts';
import { parseQuantity } from '../../formatting/numbers.ts';
import { useEnvironment } from '../merchants/environment-context.tsx';
import { keyOfName } from '../plans/key-of-name.ts';
import { CreditCostField, isCreditCost } from './credit-cost-field.tsx';
import { featureTypeHint, featureTypeLabel } from './feature-type.ts';
import { featureKeys } from './queries.ts';

type CreateFeatureDialogProps = { variant: 'primary' | 'secondary'; onCreated?: (feature: Feature) => void };

export function CreateFeatureDialog({ variant, onCreated }: CreateFeatureDialogProps) {
  const { can } = useEnvironment();
  const [open, setOpen] = useState(false);
  if (!can('catalog:write')) return null;
  return (
    <Dialog open={open} onOpenChange={setOpen}>
      <DialogTrigger asChild>
        <Button variant={variant} size={variant === 'primary' ? 'md' : 'sm'}>
          <Plus aria-hidden />
          New feature
        </Button>
      </DialogTrigger>
      <DialogContent title="New feature" description="Something a plan can unlock.">
        <CreateFeatureForm
          onCreated={(feature) => {
            onCreated?.(feature);
            setOpen(false);
          }}
        />
      </DialogContent>
    </Dialog>
  );
}

type Values = {
  name: string;
  key: string;
  type: Feature['type'];
  aggregation: Aggregation;
  property: string;
  credit_cost: string;
};

type Aggregation = NonNullable<NewFeature['aggregation']>;

const types = (['boolean', 'metered', 'config'] as const).map((value) => ({
  value,
  label: featureTypeLabel[value],
  hint: featureTypeHint[value],
}));

const aggregations: { value: Aggregation; label: string; hint: string }[] = [
  { value: 'sum', label: 'Sum of the values', hint: 'Each event says how much, such as tokens' },
  { value: 'count', label: 'Number of events', hint: 'Each event counts one' },
  { value: 'max', label: 'Highest value', hint: 'The peak of a period, such as seats in use' },
  { value: 'unique', label: 'Distinct values', hint: 'How many different ones, such as active users' },
  { value: 'latest', label: 'Latest value', hint: 'What was reported last, such as stored gigabytes' },
];

function featureOf({ name, key, type, aggregation, property, credit_cost }: Values): NewFeature {
  const base = { name: name.trim(), key: key.trim(), type };
  if (type !== 'metered') return base;
  const cost = parseQuantity(credit_cost);
  return {
    ...base,
    aggregation,
    ...(aggregation === 'unique' ? { property: property.trim() } : {}),
    ...(cost === undefined ? {} : { credit_cost: cost }),
  };
}

function CreateFeatureForm({ onCreated }: { onCreated: (feature: Feature) => void }) {
  const { api } = useEnvironment();
  const queries = useQueryClient();
  const form = useForm<Values>({
    defaultValues: { name: '', key: '', type: 'boolean', aggregation: 'sum', property: '', credit_cost: '' },
  });
  const create = useMutation({
    mutationFn: (values: Values) => unwrap(api.client.POST('/api/v1/features', { body: featureOf(values) })),
    onSuccess: async (feature) => {
      await queries.invalidateQueries({ queryKey: featureKeys.all(api) });
      onCreated(feature);
    },
    onError: (error) =>
      placeError(error, form, ['name', 'key', 'type', 'aggregation', 'property', 'credit_cost']),
  });
  const { errors, dirtyFields } = form.formState;
  return (
    <form
      noValidate
      className="grid gap-4"
      onSubmit={(event) => {
        // The dialog may be opened inside the plan form; React would bubble this submit into it.
        event.stopPropagation();
        void form.handleSubmit((values) => create.mutate(values))(event);
      }}
    >
      {errors.root ? <Notice tone="danger">{errors.root.message}</Notice> : null}
      <Field label="Feature name" error={errors.name?.message}>
        {(control) => (
          <Input
            {...control}
            placeholder="API calls"
            autoComplete="off"
            {...form.register('name', {
              required: 'Give the feature a name.',
              onChange: (event: { target: { value: string } }) => {
                if (!dirtyFields.key) form.setValue('key', keyOfName(event.target.value));
              },
            })}
          />
        )}
      </Field>
      <Field label="Feature key" hint="What your code asks for." error={errors.key?.message}>
        {(control) => (
          <Input
            {...control}
            className="font-mono"
            placeholder="api_calls"
            autoComplete="off"
            {...form.register('key', { required: 'Give the feature a key.' })}
          />
        )}
      </Field>
      <Controller
        control={form.control}
        name="type"
        render={({ field }) => (
          <Field label="Type" error={errors.type?.message}>
            {(control) => (
              <Select {...control} value={field.value} onValueChange={field.onChange} options={types} />
            )}
          </Field>
        )}
      />
      {form.watch('type') === 'metered' ? (
        <Controller
          control={form.control}
          name="aggregation"
          render={({ field }) => (
            <Field label="Counted as" error={errors.aggregation?.message}>
              {(control) => (
                <Select
                  {...control}
                  value={field.value}
                  onValueChange={field.onChange}
                  options={aggregations}
                />
              )}
            </Field>
          )}
        />
      ) : null}
      {form.watch('type') === 'metered' && form.watch('aggregation') === 'unique' ? (
        <Field
          label="Property"
          hint="Of each event; how many different values it had is counted."
          error={errors.property?.message}
        >
          {(control) => (
            <Input
              {...control}
              className="font-mono"
              placeholder="user_id"
              autoComplete="off"
              {...form.register('property', { required: 'Name the property whose values are counted.' })}
            />
          )}
        </Field>
      ) : null}
      {form.watch('type') === 'metered' ? (
        <CreditCostField
          error={errors.credit_cost?.message}
          field={form.register('credit_cost', { validate: isCreditCost })}
        />
      ) : null}
      <DialogFooter>
        <DialogClose asChild>
          <Button>Cancel</Button>
        </DialogClose>
        <Button type="submit" variant="primary" pending={create.isPending}>
          Create feature
        </Button>
      </DialogFooter>
    </form>
  );
}
