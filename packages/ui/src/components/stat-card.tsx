import type { ReactNode } from 'react';

type StatCardProps = { label: string; value: ReactNode; detail?: ReactNode };

/** One number, what it counts, and what to compare it with. Wrap it in a link to the rows it is made of. */
export function StatCard({ label, value, detail }: StatCardProps) {
  return (
    <div className="grid h-full content-start gap-1 rounded-lg border bg-surface px-4 py-3.5 shadow-sm transition-colors [a:hover>&]:border-line-strong">
      <p className="text-sm text-muted">{label}</p>
      <p className="text-2xl font-semibold tracking-tight tabular-nums">{value}</p>
      {detail ? <p className="text-xs text-muted">{detail}</p> : null}
    </div>
  );
}
