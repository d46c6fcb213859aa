import { Field } from '@billingos/ui/components/field';
import { Select } from '@billingos/ui/components/select';
import type { Feature } from '../../api/types.ts';

export type OutagePolicy = Feature['on_outage'];

export const outageLabel: Record<OutagePolicy, string> = { deny: 'Deny', allow: 'Allow' };

const policies: { value: OutagePolicy; label: string; hint: string }[] = [
  { value: 'deny', label: outageLabel.deny, hint: 'Nobody gets it who may not have it' },
  { value: 'allow', label: outageLabel.allow, hint: 'Nobody who paid for it is kept out' },
];

type OutageFieldProps = {
  value: OutagePolicy;
  onChange: (policy: OutagePolicy) => void;
  error: string | undefined;
};

/** What a check answers while nobody can look it up. */
export function OutageField({ value, onChange, error }: OutageFieldProps) {
  return (
    <Field
      label="In an outage"
      hint="What a check answers when BillingOS can look nothing up and knows nothing of the customer from before."
      error={error}
    >
      {(control) => (
        <Select
          {...control}
          value={value}
          options={policies}
          onValueChange={(chosen) => onChange(chosen === 'allow' ? 'allow' : 'deny')}
        />
      )}
    </Field>
  );
}
