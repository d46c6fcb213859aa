'use client';

import { Button } from '@billingos/ui/components/button';
import { Field } from '@billingos/ui/components/field';
import { Notice } from '@billingos/ui/components/notice';
import { Select } from '@billingos/ui/components/select';
import { useState } from 'react';
import { describeError } from '../../api/errors.ts';
import type { StripeImport } from '../../api/types.ts';
import { groupWords } from './import-words.ts';
import { useStartImport } from './use-start-import.ts';

const groupings = [
  { value: 'shared', label: groupWords.shared, hint: 'Customers can change from one to another.' },
  { value: 'per_plan', label: groupWords.per_plan, hint: 'A customer can have several at once.' },
] as const;

/** Begins with a rehearsal: nothing is imported before somebody has seen what would happen. */
export function RehearseForm() {
  const [groups, setGroups] = useState<StripeImport['groups']>('shared');
  const start = useStartImport();
  return (
    <form
      className="grid gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        start.mutate({ dry_run: true, groups });
      }}
    >
      {start.isError ? <Notice tone="danger">{describeError(start.error).message}</Notice> : null}
      <Field label="Plans" className="max-w-sm" hint="Products of Stripe become plans here.">
        {(control) => (
          <Select
            {...control}
            value={groups}
            options={groupings}
            onValueChange={(value) =>
              setGroups(groupings.find((known) => known.value === value)?.value ?? 'shared')
            }
          />
        )}
      </Field>
      <div>
        <Button type="submit" variant="primary" pending={start.isPending}>
          Rehearse the import
        </Button>
      </div>
    </form>
  );
}
