import { cn } from '@billingos/ui/cn';
import { Badge } from '@billingos/ui/components/badge';
import { Button } from '@billingos/ui/components/button';
import { Check } from 'lucide-react';
import Link from 'next/link';

const plans = [
  {
    name: 'Free',
    price: '$0',
    for: 'To build with',
    holds: ['1,000 tracked calls a month', '7 days of request history', 'Test and live environments'],
    recommended: false,
  },
  {
    name: 'Pro',
    price: '$9',
    for: 'For a product with customers',
    holds: ['50,000 tracked calls a month', '30 days of request history', 'E-mail alerts'],
    recommended: true,
  },
  {
    name: 'Business',
    price: '$29',
    for: 'For a product with a team',
    holds: [
      '500,000 tracked calls a month',
      '90 days of request history',
      'Slack alerts',
      'Priority support',
    ],
    recommended: false,
  },
] as const;

export function Pricing() {
  return (
    <section
      id="pricing"
      aria-labelledby="pricing-title"
      className="mx-auto w-full max-w-6xl scroll-mt-8 px-5 py-20"
    >
      <div className="grid gap-2">
        <h2 id="pricing-title" className="text-2xl font-semibold tracking-tight sm:text-3xl">
          Pricing
        </h2>
        <p className="text-lg text-muted">
          Per merchant and month. Run it yourself and there are no limits at all.
        </p>
      </div>
      <ul className="mt-10 grid gap-4 lg:grid-cols-3">
        {plans.map(({ name, price, for: purpose, holds, recommended }) => (
          <li
            key={name}
            className={cn(
              'flex flex-col gap-5 rounded-xl border bg-surface p-6 shadow-sm',
              recommended && 'border-accent-ink shadow-md',
            )}
          >
            <div className="grid gap-1">
              <div className="flex items-center justify-between gap-3">
                <h3 className="text-lg font-semibold">{name}</h3>
                {recommended ? <Badge tone="accent">Recommended</Badge> : null}
              </div>
              <p className="text-muted">{purpose}</p>
            </div>
            <p className="flex items-baseline gap-1.5">
              <span className="text-3xl font-semibold tracking-tight tabular-nums">{price}</span>
              <span className="text-muted">/ month</span>
            </p>
            <ul className="grid flex-1 content-start gap-2">
              {holds.map((line) => (
                <li key={line} className="flex gap-2">
                  <Check aria-hidden className="mt-1 size-4 shrink-0 text-accent-ink" />
                  {line}
                </li>
              ))}
            </ul>
            <Button variant={recommended ? 'primary' : 'secondary'} className="h-10" asChild>
              <Link href="/sign-up">Start with {name}</Link>
            </Button>
          </li>
        ))}
      </ul>
    </section>
  );
}
