'use client';

import { Button } from '@billingos/ui/components/button';
import { Dialog, DialogContent, DialogTrigger } from '@billingos/ui/components/dialog';
import { Field } from '@billingos/ui/components/field';
import { Input } from '@billingos/ui/components/input';
import { Select } from '@billingos/ui/components/select';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Plus } from 'lucide-react';
import { useState } from 'react';
import { Controller, useForm } from 'react-hook-form';
import { unwrap } from '../../api/client.ts';
import { placeError } from '../../api/place-error.ts';
import type { Feature } from '../../api/types.ts';
import { DialogForm } from '../../forms/dialog-form.tsx';
import { useEnvironment } from '../merchants/environment-context.tsx';
import { keyOfName } from '../plans/key-of-name.ts';
import { CreditCostField, isCreditCost } from './credit-cost-field.tsx';
import { emptyFeature, type FeatureDraft, featureOf } from './feature-draft.ts';
import { featureTypeHint, featureTypeLabel } from './feature-type.ts';
import { MeterFields } from './meter-fields.tsx';
import { OutageField } from './outage-field.tsx';
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

const types = (['boolean', 'metered', 'config'] as const).map((value) => ({
  value,
  label: featureTypeLabel[value],
  hint: featureTypeHint[value],
}));

function CreateFeatureForm({ onCreated }: { onCreated: (feature: Feature) => void }) {
  const { api } = useEnvironment();
  const queries = useQueryClient();
  const form = useForm<FeatureDraft>({ defaultValues: emptyFeature });
  const create = useMutation({
    mutationFn: (draft: FeatureDraft) =>
      unwrap(api.client.POST('/api/v1/features', { body: featureOf(draft) })),
    onSuccess: async (feature) => {
      await queries.invalidateQueries({ queryKey: featureKeys.all(api) });
      onCreated(feature);
    },
    onError: (error) =>
      placeError(error, form, [
        'name',
        'key',
        'type',
        'aggregation',
        'property',
        'filters',
        'group_by',
        'credit_cost',
        'on_outage',
      ]),
  });
  const { errors, dirtyFields } = form.formState;
  return (
    <DialogForm form={form} action={create} pending={create.isPending} submit="Create feature">
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
        <>
          <MeterFields form={form} />
          <CreditCostField
            error={errors.credit_cost?.message}
            field={form.register('credit_cost', { validate: isCreditCost })}
          />
        </>
      ) : null}
      <Controller
        control={form.control}
        name="on_outage"
        render={({ field, fieldState }) => (
          <OutageField value={field.value} onChange={field.onChange} error={fieldState.error?.message} />
        )}
      />
    </DialogForm>
  );
}
