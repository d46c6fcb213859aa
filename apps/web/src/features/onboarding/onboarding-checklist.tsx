'use client';

import { cn } from '@billingos/ui/cn';
import { Card, CardBody, CardHeader } from '@billingos/ui/components/card';
import { Progress } from '@billingos/ui/components/meter';
import { useQuery } from '@tanstack/react-query';
import { ArrowRight, Check } from 'lucide-react';
import Link from 'next/link';
import { useState } from 'react';
import type { OnboardingStep } from '../../api/types.ts';
import { useEnvironment } from '../merchants/environment-context.tsx';
import { onboardingQuery } from './queries.ts';

const steps: Record<OnboardingStep['step'], { label: string; hint: string; path: string }> = {
  connect_stripe: {
    label: 'Connect Stripe',
    hint: 'Payments land in your own account.',
    path: 'settings/stripe',
  },
  create_plan: { label: 'Create a plan', hint: 'A price and the features it unlocks.', path: 'plans/new' },
  create_api_key: {
    label: 'Create an API key',
    hint: 'Your backend signs its calls with it.',
    path: 'developers/api-keys',
  },
  first_customer: { label: 'First customer', hint: 'Add one here or through the API.', path: 'customers' },
  first_subscription: {
    label: 'First subscription',
    hint: 'Send a customer a checkout link. In test mode a test card pays it.',
    path: 'customers',
  },
  first_check: {
    label: 'First check received',
    hint: 'Call hasFeature from your code; this ticks by itself.',
    path: 'developers/quickstart',
  },
};

/**
 * The way to the first working check. Who watches the last step tick keeps the finished list until they leave; after
 * that it is gone.
 */
export function OnboardingChecklist() {
  const { api, href } = useEnvironment();
  const { data } = useQuery(onboardingQuery(api));
  const [watched, setWatched] = useState(false);
  const complete = data?.steps.every(({ done_at }) => done_at) ?? true;
  if (!complete && !watched) setWatched(true);
  if (!data || (complete && !watched)) return null;
  const done = data.steps.filter(({ done_at }) => done_at).length;
  const next = data.steps.find(({ done_at }) => !done_at)?.step;
  return (
    <Card>
      <CardHeader
        title="Get started"
        description={
          complete ? 'All done. You are ready to go live.' : `${done} of ${data.steps.length} steps done`
        }
        action={
          <div className="mt-2 w-32">
            <Progress label="Steps done" done={done} total={data.steps.length} />
          </div>
        }
      />
      <CardBody>
        <ol className="grid gap-0.5" aria-live="polite">
          {data.steps.map(({ step, done_at }) => {
            const { label, hint, path } = steps[step];
            return (
              <li key={step}>
                <Link
                  href={href(path)}
                  className={cn(
                    'group flex items-center gap-3 rounded-md px-2 py-2 -outline-offset-2 hover:bg-hover',
                    step === next && 'bg-subtle',
                  )}
                >
                  <span
                    aria-hidden
                    className={cn(
                      'grid size-5 shrink-0 place-items-center rounded-full border',
                      done_at
                        ? 'border-transparent bg-success-subtle text-success-ink'
                        : 'border-line-strong',
                    )}
                  >
                    {done_at ? <Check className="size-3.5" /> : null}
                  </span>
                  <span className="min-w-0 flex-1">
                    <span className={cn('text-sm font-medium', done_at && 'text-muted')}>{label}</span>
                    <span className="sr-only">{done_at ? ', done' : ', to do'}</span>
                    {done_at ? null : <span className="block text-sm text-muted">{hint}</span>}
                  </span>
                  {done_at ? null : (
                    <ArrowRight aria-hidden className="size-4 text-muted opacity-0 group-hover:opacity-100" />
                  )}
                </Link>
              </li>
            );
          })}
        </ol>
      </CardBody>
    </Card>
  );
}
