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
import type { Customer, Feature } from '../../api/types.ts';
import { DialogForm } from '../../forms/dialog-form.tsx';
import { featuresQuery } from '../features/queries.ts';
import { useEnvironment } from '../merchants/environment-context.tsx';
import { UsageCapFields } from '../plans/usage-cap-fields.tsx';
import { areCaps } from '../plans/usage-caps.ts';
import { type OverrideDraft, overrideOf } from './override.ts';
import { customerKeys } from './queries.ts';

/** Grants or denies this customer a feature, or caps its use. */
export function OverrideDialog({ customer }: { customer: Customer }) {
  const [open, setOpen] = useState(false);
  return (
    <Dialog open={open} onOpenChange={setOpen}>
      <DialogTrigger asChild>
        <Button size="sm">Override</Button>
      </DialogTrigger>
      <DialogContent
        title="Override an entitlement"
        description="For this customer only. It holds from the next check, until it is removed."
      >
        <OverrideForm customer={customer} onDone={() => setOpen(false)} />
      </DialogContent>
    </Dialog>
  );
}

function OverrideForm({ customer, onDone }: { customer: Customer; onDone: () => void }) {
  const { api } = useEnvironment();
  const queries = useQueryClient();
  const features = useQuery(featuresQuery(api));
  const form = useForm<OverrideDraft>({
    defaultValues: {
      feature: '',
      effect: 'replace',
      limit: '',
      value: '',
      caps: [],
      expires_at: '',
      reason: '',
    },
  });
  const [key, effect] = useWatch({ control: form.control, name: ['feature', 'effect'] });
  const feature = features.data?.data.find((one) => one.key === key);
  const save = useMutation({
    mutationFn: (draft: OverrideDraft) =>
      unwrap(
        api.client.POST('/api/v1/customers/{id}/entitlement-overrides', {
          params: { path: { id: customer.id } },
          body: overrideOf(draft, feature?.type ?? 'boolean'),
        }),
      ),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: customerKeys.one(api, customer.id) });
      toast.success('The override holds');
      onDone();
    },
    onError: (error) =>
      placeError(error, form, ['feature', 'limit', 'value', 'caps', 'expires_at', 'reason']),
  });
  const { errors } = form.formState;
  return (
    <DialogForm form={form} action={save} pending={save.isPending} submit="Override">
      <Controller
        control={form.control}
        name="feature"
        rules={{ required: 'Choose a feature.' }}
        render={({ field }) => (
          <Field label="Feature" error={errors.feature?.message}>
            {(control) => (
              <Select
                {...control}
                value={field.value}
                placeholder="Choose a feature"
                options={(features.data?.data ?? []).map(({ key: value, name: label }) => ({ value, label }))}
                onValueChange={field.onChange}
              />
            )}
          </Field>
        )}
      />
      <Controller
        control={form.control}
        name="effect"
        render={({ field }) => (
          <Field label="Effect" error={errors.effect?.message}>
            {(control) => (
              <Select
                {...control}
                value={field.value}
                options={effectsOf(feature)}
                onValueChange={field.onChange}
              />
            )}
          </Field>
        )}
      />
      {feature?.type === 'metered' && effect !== 'deny' ? (
        <Field
          label="Limit for each billing period"
          hint="Empty means unlimited."
          error={errors.limit?.message}
        >
          {(control) => (
            <Input
              {...control}
              inputMode="numeric"
              autoComplete="off"
              {...form.register('limit', {
                validate: (typed) => /^[\d,]*$/.test(typed.trim()) || 'Write a whole number such as 10,000.',
              })}
            />
          )}
        </Field>
      ) : null}
      {feature?.type === 'metered' && effect !== 'deny' ? (
        <Controller
          control={form.control}
          name="caps"
          rules={{ validate: areCaps }}
          render={({ field, fieldState }) => (
            <UsageCapFields
              feature={feature.name}
              caps={field.value}
              onChange={field.onChange}
              error={fieldState.error?.message}
            />
          )}
        />
      ) : null}
      {feature?.type === 'config' && effect !== 'deny' ? (
        <Field label="Value" error={errors.value?.message}>
          {(control) => (
            <Input
              {...control}
              autoComplete="off"
              {...form.register('value', { required: 'Write a value.' })}
            />
          )}
        </Field>
      ) : null}
      <Field
        label="Ends at the start of (UTC)"
        optional
        hint="Empty means when it is removed."
        error={errors.expires_at?.message}
      >
        {(control) => <Input {...control} type="date" {...form.register('expires_at')} />}
      </Field>
      <Field label="Reason" hint="For whoever asks later." error={errors.reason?.message}>
        {(control) => (
          <Input
            {...control}
            autoComplete="off"
            {...form.register('reason', { required: 'Say why.', maxLength: 500 })}
          />
        )}
      </Field>
    </DialogForm>
  );
}

function effectsOf(feature: Feature | undefined): { value: OverrideDraft['effect']; label: string }[] {
  return [
    { value: 'replace', label: 'In place of what plans grant' },
    ...(feature?.type === 'metered' ? [{ value: 'add' as const, label: 'On top of what plans grant' }] : []),
    { value: 'deny', label: 'Deny it' },
  ];
}
