'use client';

import { Button } from '@billingos/ui/components/button';
import { Sheet, SheetContent, SheetTrigger } from '@billingos/ui/components/sheet';
import { Menu } from 'lucide-react';
import { useState, type ReactNode } from 'react';
import { AlertBell } from '../alerts/alert-bell.tsx';
import { useEnvironment } from '../merchants/environment-context.tsx';
import { AccountMenu, ThemeMenu } from './account-menu.tsx';
import { Breadcrumbs } from './breadcrumbs.tsx';
import { EnvironmentMenu } from './environment-menu.tsx';
import { Sidebar } from './sidebar.tsx';

/** The frame of the dashboard: navigation left, the bar above, the page in between. */
export function Shell({ children }: { children: ReactNode }) {
  const { environment } = useEnvironment();
  return (
    <div className="lg:grid lg:grid-cols-[15rem_minmax(0,1fr)]">
      <a
        href="#page"
        className="sr-only z-50 rounded-md bg-accent px-3 py-2 text-on-accent focus:not-sr-only focus:fixed focus:top-2 focus:left-2"
      >
        Skip to the page
      </a>
      <aside className="sticky top-0 hidden h-dvh border-r bg-surface lg:block">
        <Sidebar />
      </aside>
      <div className="flex min-h-dvh min-w-0 flex-col">
        <header className="sticky top-0 z-30 border-b bg-canvas/95 backdrop-blur-sm">
          {environment.mode === 'test' ? <TestModeBanner /> : null}
          <div className="flex h-13 items-center gap-2 px-4 sm:px-6">
            <NavigationSheet />
            <Breadcrumbs />
            <div className="ml-auto flex shrink-0 items-center gap-1">
              <EnvironmentMenu />
              <AlertBell />
              <ThemeMenu />
              <AccountMenu />
            </div>
          </div>
        </header>
        <main id="page" tabIndex={-1} className="mx-auto w-full max-w-6xl px-4 py-6 outline-none sm:px-6">
          {children}
        </main>
      </div>
    </div>
  );
}

function TestModeBanner() {
  return (
    <p className="bg-warning-subtle px-4 py-1 text-center text-xs text-warning-ink">
      <strong className="font-semibold">Test mode.</strong> No real money moves here
      <span className="hidden sm:inline">, and the card 4242 4242 4242 4242 pays everything</span>.
    </p>
  );
}

function NavigationSheet() {
  const [open, setOpen] = useState(false);
  return (
    <Sheet open={open} onOpenChange={setOpen}>
      <SheetTrigger asChild>
        <Button variant="ghost" size="icon" className="-ml-2 size-8 lg:hidden" aria-label="Open navigation">
          <Menu aria-hidden />
        </Button>
      </SheetTrigger>
      <SheetContent title="Navigation">
        <Sidebar onNavigate={() => setOpen(false)} />
      </SheetContent>
    </Sheet>
  );
}
