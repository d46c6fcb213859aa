'use client';

import { Select } from '@billingos/ui/components/select';

const every = 'every';

type ChoiceFilterProps<Choice extends string> = {
  label: string;
  choices: readonly Choice[];
  wordOf: (choice: Choice) => string;
  /** What stands for no choice. Without it one is always chosen. */
  everyLabel?: string;
  value: Choice | null;
  onChoose: (choice: Choice | null) => void;
};

/** Narrows a list to one kind of what it lists, or shows every kind. */
export function ChoiceFilter<Choice extends string>({
  label,
  choices,
  wordOf,
  everyLabel,
  value,
  onChoose,
}: ChoiceFilterProps<Choice>) {
  return (
    <Select
      aria-label={label}
      className="w-44"
      value={value ?? every}
      options={[
        ...(everyLabel === undefined ? [] : [{ value: every, label: everyLabel }]),
        ...choices.map((choice) => ({ value: choice, label: wordOf(choice) })),
      ]}
      onValueChange={(chosen) => onChoose(choices.find((choice) => choice === chosen) ?? null)}
    />
  );
}
