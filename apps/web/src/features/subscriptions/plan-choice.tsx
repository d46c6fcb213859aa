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
import { useEnvironment } from '../merchants/environment-context.tsx';
import { offersOf, offerWords } from '../plans/plan-terms.ts';
import { plansQuery } from '../plans/queries.ts';

export type ChosenPlan = { plan: string; price: string };

type PlanChoiceProps = {
  value: ChosenPlan | null;
  onChange: (value: ChosenPlan) => void;
  error?: string | undefined;
  /** Nothing chosen leaves the plan as it is. */
  optional?: boolean;
};

/** A plan at one of its prices. A plan without a price is not sold, so it is not offered. */
export function PlanChoice({ value, onChange, error, optional = false }: PlanChoiceProps) {
  const { api, href } = useEnvironment();
  const plans = useQuery(plansQuery(api));
  return (
    <QueryStates query={plans} loading={<Skeleton className="h-14" />}>
      {({ data }) => {
        const choices = data.flatMap(choicesOf);
        if (choices.length === 0) {
          return (
            <Notice>
              There is no plan to subscribe to.{' '}
              <Link href={href('plans/new')} className={textLink}>
                Create a plan
              </Link>
            </Notice>
          );
        }
        return (
          <Field label="Plan" error={error} optional={optional}>
            {(control) => (
              <Select
                {...control}
                value={value?.price ?? ''}
                placeholder={optional ? 'As it is' : 'Choose a plan'}
                options={choices.map((choice) => ({
                  value: choice.price,
                  label: choice.label,
                  hint: choice.hint,
                }))}
                onValueChange={(key) => {
                  const chosen = choices.find((choice) => choice.price === key);
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

/** One choice for each offer: the prices of a plan in one currency and interval, which are sold together. */
function choicesOf(plan: Plan): Choice[] {
  return offersOf(plan.prices).flatMap((offer) => {
    const [first] = offer;
    return first
      ? [{ plan: plan.id, price: first.id, label: plan.name, hint: offerWords(offer, plan.features) }]
      : [];
  });
}
