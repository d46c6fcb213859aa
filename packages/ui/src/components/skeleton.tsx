import { cn } from '../cn.ts';

/** The grey shape of what is loading. Size it like what will replace it. */
export function Skeleton({ className }: { className?: string }) {
  return <div aria-hidden className={cn('h-4 animate-shimmer rounded-md bg-hover', className)} />;
}

/** Rows of a table that is loading. */
export function TableSkeleton({ rows = 6, label = 'Loading' }: { rows?: number; label?: string }) {
  return (
    <div role="status" aria-label={label} className="divide-y divide-line border-t">
      {Array.from({ length: rows }, (_, row) => (
        <div key={row} className="flex items-center gap-6 px-4 py-3">
          <Skeleton className="w-1/4" />
          <Skeleton className="w-1/3" />
          <Skeleton className="ml-auto w-16" />
        </div>
      ))}
    </div>
  );
}

/** A page about one thing that is loading: its title, and what follows. */
export function PageSkeleton({ label }: { label: string }) {
  return (
    <div className="grid gap-6">
      <Skeleton className="h-7 w-56" />
      <TableSkeleton label={label} />
    </div>
  );
}
