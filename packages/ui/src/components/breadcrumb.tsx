import { ChevronRight } from 'lucide-react';
import { Children, type ReactNode } from 'react';

/**
 * Where one is, outermost first. Each child is a link; the last is plain text with `aria-current="page"`, and all that
 * a phone has room for.
 */
export function Breadcrumb({ children }: { children: ReactNode }) {
  return (
    <nav aria-label="Breadcrumb" className="min-w-0">
      <ol className="flex min-w-0 items-center gap-1 text-sm text-muted">
        {Children.toArray(children).map((crumb, index) => (
          <li
            key={index}
            className="flex min-w-0 items-center gap-1 not-last:hidden sm:not-last:flex [&>*:not(svg)]:truncate"
          >
            {index > 0 ? <ChevronRight aria-hidden className="hidden size-3.5 shrink-0 sm:block" /> : null}
            {crumb}
          </li>
        ))}
      </ol>
    </nav>
  );
}
