'use client';

import { Field } from '@billingos/ui/components/field';
import { Input } from '@billingos/ui/components/input';
import { useFormContext } from 'react-hook-form';
import { keyOfName } from './key-of-name.ts';
import type { PlanDraft } from './plan-draft.ts';

/** Name, key and description. The key follows the name until somebody edits it. */
export function PlanIdentityFields() {
  const { register, setValue, formState } = useFormContext<PlanDraft>();
  const { errors, dirtyFields } = formState;
  return (
    <>
      <Field label="Name" error={errors.name?.message}>
        {(control) => (
          <Input
            {...control}
            placeholder="Pro"
            autoComplete="off"
            {...register('name', {
              required: 'Give it a name.',
              onChange: (event: { target: { value: string } }) => {
                if (!dirtyFields.key) setValue('key', keyOfName(event.target.value));
              },
            })}
          />
        )}
      </Field>
      <Field label="Key" hint="What your code calls it." error={errors.key?.message}>
        {(control) => (
          <Input
            {...control}
            className="font-mono"
            placeholder="pro"
            autoComplete="off"
            {...register('key', { required: 'Give it a key.' })}
          />
        )}
      </Field>
      <Field label="Description" optional className="sm:col-span-2" error={errors.description?.message}>
        {(control) => (
          <Input
            {...control}
            placeholder="For teams that ship every day"
            autoComplete="off"
            {...register('description')}
          />
        )}
      </Field>
    </>
  );
}
