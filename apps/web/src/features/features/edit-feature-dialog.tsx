'use client';

import { Button } from '@billingos/ui/components/button';
import { Dialog, DialogContent, DialogTrigger } from '@billingos/ui/components/dialog';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Controller, useForm } from 'react-hook-form';
import { toast } from 'sonner';
import { unwrap } from '../../api/client.ts';
import { placeError } from '../../api/place-error.ts';
import type { Feature } from '../../api/types.ts';
import { parseQuantity, quantityText } from '../../formatting/numbers.ts';
import { DialogForm } from '../../forms/dialog-form.tsx';
import { useEnvironment } from '../merchants/environment-context.tsx';
import { CreditCostField, isCreditCost } from './credit-cost-field.tsx';
import { OutageField, type OutagePolicy } from './outage-field.tsx';
import { featureKeys } from './queries.ts';

/** What of a feature can change after it was made. */
export function EditFeatureDialog({ feature }: { feature: Feature }) {
  const [open, setOpen] = useState(false);
  return (
    <Dialog open={open} onOpenChange={setOpen}>
      <DialogTrigger asChild>
        <Button size="sm" variant="ghost" aria-label={`Edit ${feature.name}`}>
          Edit
        </Button>
      </DialogTrigger>
      <DialogContent title={`Edit ${feature.name}`} description="It holds everywhere within a minute.">
        <EditFeatureForm feature={feature} onSaved={() => setOpen(false)} />
      </DialogContent>
    </Dialog>
  );
}

type Values = { credit_cost: string; on_outage: OutagePolicy };

function EditFeatureForm({ feature, onSaved }: { feature: Feature; onSaved: () => void }) {
  const { api } = useEnvironment();
  const queries = useQueryClient();
  const form = useForm<Values>({
    defaultValues: {
      credit_cost: feature.credit_cost === null ? '' : quantityText(feature.credit_cost),
      on_outage: feature.on_outage,
    },
  });
  const save = useMutation({
    mutationFn: ({ credit_cost, on_outage }: Values) =>
      unwrap(
        api.client.PATCH('/api/v1/features/{id}', {
          params: { path: { id: feature.id } },
          body: {
            on_outage,
            ...(feature.type === 'metered' ? { credit_cost: parseQuantity(credit_cost) ?? null } : {}),
          },
        }),
      ),
    onSuccess: async ({ name }) => {
      await queries.invalidateQueries({ queryKey: featureKeys.all(api) });
      toast.success(`${name} is saved`);
      onSaved();
    },
    onError: (error) => placeError(error, form, ['credit_cost', 'on_outage']),
  });
  const { errors } = form.formState;
  return (
    <DialogForm form={form} action={save} pending={save.isPending} submit="Save">
      {feature.type === 'metered' ? (
        <CreditCostField
          error={errors.credit_cost?.message}
          field={form.register('credit_cost', { validate: isCreditCost })}
        />
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
