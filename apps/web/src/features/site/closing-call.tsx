import { Button } from '@billingos/ui/components/button';
import Link from 'next/link';

export function ClosingCall() {
  return (
    <section className="border-t bg-surface">
      <div className="mx-auto grid max-w-6xl justify-items-start gap-5 px-5 py-16">
        <h2 className="max-w-xl text-2xl font-semibold tracking-tight text-balance sm:text-3xl">
          The first check takes ten minutes
        </h2>
        <p className="max-w-xl text-lg text-muted text-pretty">
          Create a plan, copy a key, call hasFeature. The dashboard tells you the moment it arrives.
        </p>
        <Button variant="primary" size="lg" asChild>
          <Link href="/sign-up">Create your account</Link>
        </Button>
      </div>
    </section>
  );
}
