'use client';

import { Button } from '@billingos/ui/components/button';
import { ChevronLeft, ChevronRight } from 'lucide-react';
import type { usePages } from './pages.ts';

type PagerProps = {
  pages: ReturnType<typeof usePages>;
  next_cursor: string | null;
  /** "12 customers" */
  summary: string;
};

/** The foot of a list. */
export function Pager({ pages, next_cursor, summary }: PagerProps) {
  return (
    <nav
      aria-label="Pages"
      className="flex items-center justify-between gap-4 border-t px-4 py-2 text-sm text-muted"
    >
      <p aria-live="polite">
        {pages.number > 1 || next_cursor !== null ? `${summary} on page ${pages.number}` : summary}
      </p>
      <div className="flex gap-1">
        <Button size="sm" variant="ghost" disabled={pages.number === 1} onClick={pages.back}>
          <ChevronLeft aria-hidden />
          Previous
        </Button>
        <Button
          size="sm"
          variant="ghost"
          disabled={next_cursor === null}
          onClick={() => (next_cursor === null ? undefined : pages.forward(next_cursor))}
        >
          Next
          <ChevronRight aria-hidden />
        </Button>
      </div>
    </nav>
  );
}
