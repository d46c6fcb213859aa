import type { Metadata } from 'next';
import type { ReactNode } from 'react';

/** The address is a credential: neither search engines nor other sites get to see it. */
export const metadata: Metadata = { robots: { index: false, follow: false }, referrer: 'no-referrer' };

/** Pages that a merchant's customers reach by a link in a mail. */
export default function CustomerLayout({ children }: { children: ReactNode }) {
  return (
    <div className="grid min-h-dvh grid-rows-[1fr_auto] bg-canvas">
      <main className="mx-auto grid w-full max-w-md content-start gap-6 px-4 pt-[8vh] pb-12">{children}</main>
      <footer className="px-4 pb-6 text-center text-xs text-muted">Payments by BillingOS and Stripe</footer>
    </div>
  );
}
