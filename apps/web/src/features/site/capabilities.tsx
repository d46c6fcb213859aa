import { BadgeCheck, CreditCard, Gauge, History, ShieldCheck, Tags } from 'lucide-react';

const capabilities = [
  {
    icon: Tags,
    title: 'Plans that stay honest',
    text: 'A plan is a price and the features it unlocks. What somebody bought never changes under them.',
  },
  {
    icon: CreditCard,
    title: 'Your Stripe account',
    text: 'Checkout, subscriptions and invoices run on your own account. Money never passes through us.',
  },
  {
    icon: BadgeCheck,
    title: 'One call to gate',
    text: 'hasFeature answers in milliseconds, with a reason in every denial and a policy for bad days.',
  },
  {
    icon: Gauge,
    title: 'One call to meter',
    text: 'An accepted event is durable and counted once, however often your code retries it.',
  },
  {
    icon: History,
    title: 'Webhooks that cannot hurt',
    text: 'Stored before they are answered, applied in any order, replayed without changing anything twice.',
  },
  {
    icon: ShieldCheck,
    title: 'Walls between tenants',
    text: 'Test and live, yours and theirs: separated in every query and again by the database itself.',
  },
] as const;

export function Capabilities() {
  return (
    <section aria-labelledby="capabilities" className="border-y bg-surface">
      <div className="mx-auto grid max-w-6xl gap-10 px-5 py-20">
        <h2
          id="capabilities"
          className="max-w-2xl text-2xl font-semibold tracking-tight text-balance sm:text-3xl"
        >
          Everything between “buy” and “may I?”
        </h2>
        <ul className="grid gap-x-10 gap-y-9 sm:grid-cols-2 lg:grid-cols-3">
          {capabilities.map(({ icon: Icon, title, text }) => (
            <li key={title} className="grid content-start gap-2">
              <Icon aria-hidden className="size-5 text-accent-ink" strokeWidth={1.75} />
              <h3 className="text-lg font-semibold">{title}</h3>
              <p className="text-muted">{text}</p>
            </li>
          ))}
        </ul>
      </div>
    </section>
  );
}
