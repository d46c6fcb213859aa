'use client';

import { Field } from '@billingos/ui/components/field';
import { Notice } from '@billingos/ui/components/notice';
import { Select } from '@billingos/ui/components/select';
import { Skeleton } from '@billingos/ui/components/skeleton';
import { textLink } from '@billingos/ui/text-link';
import { useQuery } from '@tanstack/react-query';
import Link from 'next/link';
import { QueryStates } from '../../api/query-states.tsx';
import type { Plan } from '../../api/types.ts';
import { formatInterval, formatMoney } from '../../formatting/money.ts';
import { useEnvironment } from '../merchants/environment-context.tsx';
import { plansQuery } from '../plans/queries.ts';

export type ChosenPlan = { plan: string; price: string | null };

type PlanChoiceProps = {
  value: ChosenPlan | null;
  onChange: (value: ChosenPlan) => void;
  error?: string | undefined;
};

/** A plan and, where it has several, one of its prices. */
export function PlanChoice({ value, onChange, error }: PlanChoiceProps) {
  const { api, href } = useEnvironment();
  const plans = useQuery(plansQuery(api));
  return (
    <QueryStates query={plans} loading={<Skeleton className="h-14" />}>
      {({ data }) => {
        if (data.length === 0) {
          return (
            <Notice>
              There is no plan to subscribe to.{' '}
              <Link href={href('plans/new')} className={textLink}>
                Create a plan
              </Link>
            </Notice>
          );
        }
        const choices = data.flatMap(choicesOf);
        return (
          <Field label="Plan" error={error}>
            {(control) => (
              <Select
                {...control}
                value={value ? keyOf(value) : ''}
                placeholder="Choose a plan"
                options={choices.map((choice) => ({
                  value: keyOf(choice),
                  label: choice.label,
                  hint: choice.hint,
                }))}
                onValueChange={(key) => {
                  const chosen = choices.find((choice) => keyOf(choice) === key);
                  if (chosen) onChange({ plan: chosen.plan, price: chosen.price });
                }}
              />
            )}
          </Field>
        );
      }}
    </QueryStates>
  );
}

type Choice = ChosenPlan & { label: string; hint: string };

function choicesOf(plan: Plan): Choice[] {
  if (plan.prices.length === 0) return [{ plan: plan.id, price: null, label: plan.name, hint: 'Free' }];
  return plan.prices.map(({ id, amount, interval, interval_count }) => ({
    plan: plan.id,
    price: id,
    label: plan.name,
    hint: `${formatMoney(amount)} / ${formatInterval(interval, interval_count)}`,
  }));
}

function keyOf({ plan, price }: ChosenPlan): string {
  return price ?? plan;
}
