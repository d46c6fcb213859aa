'use client';

import { Button } from '@billingos/ui/components/button';
import { Dialog, DialogContent, DialogTrigger } from '@billingos/ui/components/dialog';
import { Field } from '@billingos/ui/components/field';
import { Input, Textarea } from '@billingos/ui/components/input';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useForm } from 'react-hook-form';
import { toast } from 'sonner';
import { unwrap } from '../../api/client.ts';
import { placeError } from '../../api/place-error.ts';
import type { Plan } from '../../api/types.ts';
import { DialogForm } from '../../forms/dialog-form.tsx';
import { useEnvironment } from '../merchants/environment-context.tsx';
import { planKeys } from './queries.ts';

/** What a plan is called and where it ranks. Neither makes a new version. */
export function RenamePlanDialog({ plan }: { plan: Plan }) {
  const [open, setOpen] = useState(false);
  return (
    <Dialog open={open} onOpenChange={setOpen}>
      <DialogTrigger asChild>
        <Button>Rename</Button>
      </DialogTrigger>
      <DialogContent
        title={`Rename ${plan.name}`}
        description="Everybody sees the new name, also on old versions."
      >
        <RenamePlanForm plan={plan} onSaved={() => setOpen(false)} />
      </DialogContent>
    </Dialog>
  );
}

type Values = { name: string; description: string; rank: string };

function RenamePlanForm({ plan, onSaved }: { plan: Plan; onSaved: () => void }) {
  const { api } = useEnvironment();
  const queries = useQueryClient();
  const form = useForm<Values>({
    defaultValues: { name: plan.name, description: plan.description ?? '', rank: String(plan.rank) },
  });
  const save = useMutation({
    mutationFn: ({ name, description, rank }: Values) =>
      unwrap(
        api.client.PATCH('/api/v1/plans/{id}', {
          params: { path: { id: plan.id } },
          body: { name: name.trim(), description: description.trim() || null, rank: Number(rank) },
        }),
      ),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: planKeys.all(api) });
      toast.success('Plan saved');
      onSaved();
    },
    onError: (error) => placeError(error, form, ['name', 'description', 'rank']),
  });
  const { errors } = form.formState;
  return (
    <DialogForm form={form} action={save} pending={save.isPending} submit="Save">
      <Field label="Name" error={errors.name?.message}>
        {(control) => (
          <Input {...control} autoComplete="off" {...form.register('name', { required: 'Name the plan.' })} />
        )}
      </Field>
      <Field label="Description" optional error={errors.description?.message}>
        {(control) => <Textarea {...control} rows={2} {...form.register('description')} />}
      </Field>
      <Field
        label="Rank"
        hint="From a lower to a higher rank is an upgrade, and takes effect at once."
        error={errors.rank?.message}
      >
        {(control) => (
          <Input
            {...control}
            inputMode="numeric"
            autoComplete="off"
            {...form.register('rank', {
              validate: (typed) => /^\d+$/.test(typed.trim()) || 'Write a whole number.',
            })}
          />
        )}
      </Field>
    </DialogForm>
  );
}
