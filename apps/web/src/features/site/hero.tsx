import { Button } from '@billingos/ui/components/button';
import { CodeBlock } from '@billingos/ui/components/code-block';
import { ArrowRight } from 'lucide-react';
import Link from 'next/link';
import { sdkSnippet } from '../quickstart/snippets.ts';
import { CheckAnswer } from './check-answer.tsx';

export function Hero() {
  return (
    <section className="mx-auto grid w-full max-w-6xl items-center gap-12 px-5 pt-14 pb-20 lg:grid-cols-[1.05fr_1fr] lg:pt-24 lg:pb-28">
      <div className="grid gap-6">
        <h1 className="text-3xl font-semibold tracking-tight text-balance sm:text-4xl">
          Billing you write in five lines, once
        </h1>
        <p className="max-w-xl text-lg text-muted text-pretty">
          Define plans, sell them through your own Stripe account, gate features with one call and meter usage
          with another. Your app keeps answering when billing is down, and every event is counted exactly
          once.
        </p>
        <div className="flex flex-wrap items-center gap-3">
          <Button variant="primary" size="lg" asChild>
            <Link href="/sign-up">
              Start free
              <ArrowRight aria-hidden />
            </Link>
          </Button>
          <Button size="lg" asChild>
            <Link href="/#pricing">See pricing</Link>
          </Button>
        </div>
        <p className="text-sm text-muted">
          No card needed. A test environment with an emulated Stripe is included.
        </p>
      </div>
      <div className="grid min-w-0 gap-3">
        <CodeBlock title="server.ts" code={sdkSnippet({ feature: 'exports', meter: 'api_calls' })} />
        <CheckAnswer />
      </div>
    </section>
  );
}
