import { Badge } from '@billingos/ui/components/badge';
import type { ReactNode } from 'react';

type MoneyHeaderProps = {
  page: { merchant: string; is_test: boolean };
  /** The figure that the page is about. */
  title: string;
  children: ReactNode;
};

/** Whom one deals with, whether it is real money, and how much of it is owed or left. */
export function MoneyHeader({ page, title, children }: MoneyHeaderProps) {
  return (
    <header className="grid gap-1">
      <p className="flex flex-wrap items-center gap-2 text-sm text-muted">
        <span className="min-w-0 break-words">{page.merchant}</span>
        {page.is_test ? <Badge tone="warning">Test</Badge> : null}
      </p>
      <h1 className="text-3xl font-semibold tracking-tight tabular-nums">{title}</h1>
      {children}
    </header>
  );
}
