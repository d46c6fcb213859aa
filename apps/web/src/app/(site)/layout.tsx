import { Button } from '@billingos/ui/components/button';
import Link from 'next/link';
import type { ReactNode } from 'react';
import { Logo } from '#features/site/logo.tsx';

export default function SiteLayout({ children }: { children: ReactNode }) {
  return (
    <div className="flex min-h-dvh flex-col bg-canvas">
      <header className="mx-auto flex w-full max-w-6xl items-center justify-between gap-4 px-5 py-4">
        <Link href="/" className="rounded-md">
          <Logo />
        </Link>
        <nav aria-label="Site" className="flex items-center gap-1 sm:gap-2">
          <Button variant="ghost" asChild className="hidden sm:inline-flex">
            <Link href="/#pricing">Pricing</Link>
          </Button>
          <Button variant="ghost" asChild>
            <Link href="/login">Log in</Link>
          </Button>
          <Button variant="primary" asChild>
            <Link href="/sign-up">Sign up</Link>
          </Button>
        </nav>
      </header>
      <main className="flex-1">{children}</main>
      <footer className="border-t">
        <div className="mx-auto flex max-w-6xl flex-wrap items-center justify-between gap-4 px-5 py-6 text-sm text-muted">
          <p>BillingOS is open source under the MIT licence.</p>
          <Link href="/docs/errors" className="rounded-sm hover:text-ink">
            API errors
          </Link>
        </div>
      </footer>
    </div>
  );
}
