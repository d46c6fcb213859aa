import type { LucideIcon } from 'lucide-react';
import type { ReactNode } from 'react';

type EmptyStateProps = { icon: LucideIcon; title: string; children: ReactNode; action?: ReactNode };

/** What stands where nothing is yet: what this place is for, and the next thing to do. */
export function EmptyState({ icon: Icon, title, children, action }: EmptyStateProps) {
  return (
    <div className="grid justify-items-center gap-3 px-6 py-12 text-center">
      <span className="grid size-10 place-items-center rounded-lg border bg-subtle text-muted">
        <Icon aria-hidden className="size-5" />
      </span>
      <div className="grid max-w-md gap-1">
        <p className="text-md font-semibold">{title}</p>
        <div className="text-sm text-muted">{children}</div>
      </div>
      {action}
    </div>
  );
}
