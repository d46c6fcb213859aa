'use client';

import { Card, CardHeader } from '@billingos/ui/components/card';
import { Field } from '@billingos/ui/components/field';
import { Input } from '@billingos/ui/components/input';
import { Select } from '@billingos/ui/components/select';
import { Switch } from '@billingos/ui/components/switch';
import { Controller, useFormContext } from 'react-hook-form';
import type { Feature } from '../../api/types.ts';
import { parseCount } from '../../formatting/numbers.ts';
import { CreateFeatureDialog } from '../features/create-feature-dialog.tsx';
import { featureTypeLabel } from '../features/feature-type.ts';
import { emptyFeature, type FeatureDraft, type PlanDraft } from './plan-draft.ts';
import { UsageCapFields } from './usage-cap-fields.tsx';
import { areCaps } from './usage-caps.ts';

const overages = [
  { value: 'block', label: 'Stop there' },
  { value: 'allow', label: 'Let it go on' },
] as const;

/** What the plan unlocks, chosen from the catalog; a missing feature is made on the spot and comes chosen. */
export function PlanFeatureFields({ catalog }: { catalog: readonly Feature[] }) {
  const { setValue } = useFormContext<PlanDraft>();
  return (
    <Card>
      <CardHeader
        title="Features"
        description="What a subscriber may do."
        action={
          <CreateFeatureDialog
            variant="secondary"
            onCreated={({ id }) => setValue(`features.${id}`, { ...emptyFeature, chosen: true })}
          />
        }
      />
      {catalog.length === 0 ? (
        <p className="px-4 pb-4 text-sm text-muted">
          There is no feature yet. Create the first one: a switch such as “Exports”, or a metered one such as
          “API calls”.
        </p>
      ) : (
        <ul className="divide-y divide-line border-t">
          {catalog.map((feature) => (
            <FeatureRow key={feature.id} feature={feature} />
          ))}
        </ul>
      )}
    </Card>
  );
}

function FeatureRow({ feature }: { feature: Feature }) {
  const { watch, setValue } = useFormContext<PlanDraft>();
  const draft = watch(`features.${feature.id}`) ?? emptyFeature;
  const change = (part: Partial<FeatureDraft>) => setValue(`features.${feature.id}`, { ...draft, ...part });
  const switch_id = `feature-${feature.id}`;
  return (
    <li className="grid gap-3 px-4 py-3">
      <div className="flex items-center gap-3">
        <Switch id={switch_id} checked={draft.chosen} onCheckedChange={(chosen) => change({ chosen })} />
        <label htmlFor={switch_id} className="min-w-0 flex-1 cursor-pointer">
          <span className="text-sm font-medium">{feature.name}</span>
          <span className="ml-2 text-xs text-muted">{featureTypeLabel[feature.type]}</span>
        </label>
      </div>
      {draft.chosen && feature.type === 'metered' ? (
        <LimitFields feature={feature} draft={draft} change={change} />
      ) : null}
      {draft.chosen && feature.type === 'config' ? (
        <div className="sm:pl-11.5">
          <Field label={`Value of ${feature.name}`}>
            {(control) => (
              <Input
                {...control}
                value={draft.value}
                onChange={(event) => change({ value: event.target.value })}
              />
            )}
          </Field>
        </div>
      ) : null}
    </li>
  );
}

type LimitFieldsProps = {
  feature: Feature;
  draft: FeatureDraft;
  change: (part: Partial<FeatureDraft>) => void;
};

function LimitFields({ feature, draft, change }: LimitFieldsProps) {
  const { control, register, formState } = useFormContext<PlanDraft>();
  return (
    <div className="grid grid-cols-1 gap-3 sm:grid-cols-2 sm:pl-11.5">
      <Field
        label={`${feature.name} per period`}
        hint="Empty means unlimited."
        error={formState.errors.features?.[feature.id]?.limit?.message}
      >
        {(control) => (
          <Input
            {...control}
            inputMode="numeric"
            placeholder="10,000"
            autoComplete="off"
            {...register(`features.${feature.id}.limit`, {
              validate: (typed) =>
                typed.trim() === '' || parseCount(typed) !== undefined || 'Enter a whole number.',
            })}
          />
        )}
      </Field>
      <Field label="At the limit">
        {(control) => (
          <Select
            {...control}
            value={draft.overage}
            options={overages}
            onValueChange={(value) => change({ overage: value === 'allow' ? 'allow' : 'block' })}
          />
        )}
      </Field>
      <Controller
        control={control}
        name={`features.${feature.id}.caps`}
        rules={{ validate: areCaps }}
        render={({ field, fieldState }) => (
          <div className="sm:col-span-full">
            <UsageCapFields
              feature={feature.name}
              caps={field.value ?? []}
              onChange={field.onChange}
              error={fieldState.error?.message}
            />
          </div>
        )}
      />
    </div>
  );
}
