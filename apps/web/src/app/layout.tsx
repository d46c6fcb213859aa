import { Toaster } from '@billingos/ui/components/toaster';
import { TooltipProvider } from '@billingos/ui/components/tooltip';
import { GeistMono } from 'geist/font/mono';
import { GeistSans } from 'geist/font/sans';
import type { Metadata, Viewport } from 'next';
import { ThemeProvider } from 'next-themes';
import { headers } from 'next/headers';
import { NuqsAdapter } from 'nuqs/adapters/next/app';
import type { ReactNode } from 'react';
import { QueryProvider } from '#api/query-provider.tsx';
import './globals.css';

export const metadata: Metadata = {
  title: { default: 'BillingOS', template: '%s · BillingOS' },
  description: 'Plans, Stripe subscriptions, entitlements and usage metering behind one call.',
};

export const viewport: Viewport = { width: 'device-width', initialScale: 1 };

export default async function RootLayout({ children }: { children: ReactNode }) {
  const nonce = (await headers()).get('x-nonce') ?? '';
  return (
    <html lang="en" className={`${GeistSans.variable} ${GeistMono.variable}`} suppressHydrationWarning>
      <body>
        <ThemeProvider attribute="class" defaultTheme="system" nonce={nonce} disableTransitionOnChange>
          <NuqsAdapter>
            <QueryProvider>
              <TooltipProvider>{children}</TooltipProvider>
            </QueryProvider>
          </NuqsAdapter>
          <Toaster theme="system" />
        </ThemeProvider>
      </body>
    </html>
  );
}
