import { Field } from '@billingos/ui/components/field';
import { Input } from '@billingos/ui/components/input';
import { Select } from '@billingos/ui/components/select';
import { Controller, type UseFormReturn } from 'react-hook-form';
import type { Aggregation, FeatureDraft } from './feature-draft.ts';
import { MeterFilterFields } from './meter-filter-fields.tsx';
import { areFilters, namesOf } from './meter-filters.ts';

const groupsMax = 5;

const aggregations: { value: Aggregation; label: string; hint: string }[] = [
  { value: 'sum', label: 'Sum of the values', hint: 'Each event says how much, such as tokens' },
  { value: 'count', label: 'Number of events', hint: 'Each event counts one' },
  { value: 'max', label: 'Highest value', hint: 'The peak of a period, such as seats in use' },
  { value: 'unique', label: 'Distinct values', hint: 'How many different ones, such as active users' },
  { value: 'latest', label: 'Latest value', hint: 'What was reported last, such as stored gigabytes' },
];

/** How the use of a metered feature is counted: its meter is made with it. */
export function MeterFields({ form }: { form: UseFormReturn<FeatureDraft> }) {
  const { errors } = form.formState;
  const aggregation = form.watch('aggregation');
  return (
    <>
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
      {aggregation === 'count' ? null : (
        <Field
          label="Property"
          optional={aggregation !== 'unique'}
          hint={
            aggregation === 'unique'
              ? 'Of each event; how many different values it had is counted.'
              : 'Of each event, which holds its value. Empty means the value that is reported.'
          }
          error={errors.property?.message}
        >
          {(control) => (
            <Input
              {...control}
              className="font-mono"
              placeholder={aggregation === 'unique' ? 'user_id' : 'tokens'}
              autoComplete="off"
              {...form.register('property', {
                validate: (typed, { aggregation: chosen }) =>
                  chosen !== 'unique' || typed.trim() !== '' || 'Name the property whose values are counted.',
              })}
            />
          )}
        </Field>
      )}
      <Controller
        control={form.control}
        name="filters"
        rules={{ validate: areFilters }}
        render={({ field, fieldState }) => (
          <MeterFilterFields
            filters={field.value}
            onChange={field.onChange}
            error={fieldState.error?.message}
          />
        )}
      />
      <Field
        label="Broken down by"
        optional
        hint="Properties of events, with commas between them, by which use can be looked at. They change nothing that is counted."
        error={errors.group_by?.message}
      >
        {(control) => (
          <Input
            {...control}
            className="font-mono"
            placeholder="model, region"
            autoComplete="off"
            {...form.register('group_by', {
              validate: (typed) => namesOf(typed).length <= groupsMax || `Name at most ${groupsMax}.`,
            })}
          />
        )}
      </Field>
    </>
  );
}
