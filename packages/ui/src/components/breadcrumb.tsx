import { ChevronRight } from 'lucide-react';
import { Children, type ReactNode } from 'react';

/** Where one is, outermost first. Each child is a link; the last is plain text with `aria-current="page"`. */
export function Breadcrumb({ children }: { children: ReactNode }) {
  return (
    <nav aria-label="Breadcrumb" className="min-w-0">
      <ol className="flex min-w-0 items-center gap-1 text-sm text-muted">
        {Children.toArray(children).map((crumb, index) => (
          <li key={index} className="flex min-w-0 items-center gap-1 [&>*:not(svg)]:truncate">
            {index > 0 ? <ChevronRight aria-hidden className="size-3.5 shrink-0" /> : null}
            {crumb}
          </li>
        ))}
      </ol>
    </nav>
  );
}
