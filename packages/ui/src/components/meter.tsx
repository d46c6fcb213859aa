import { cn } from '../cn.ts';

type MeterProps = {
  label: string;
  used: number;
  limit: number;
  /** What a screen reader says instead of the bare numbers. */
  valueText: string;
};

/** Use against a limit. It warns from 80 % and turns red at the limit. */
export function Meter({ label, used, limit, valueText }: MeterProps) {
  const share = limit > 0 ? Math.min(used / limit, 1) : used > 0 ? 1 : 0;
  const tone = share >= 1 ? 'bg-danger' : share >= 0.8 ? 'bg-warning' : 'bg-accent';
  return (
    <div
      role="meter"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={limit}
      aria-valuenow={Math.min(used, limit)}
      aria-valuetext={valueText}
      className="h-1.5 w-full overflow-hidden rounded-full bg-hover"
    >
      <div className={cn('h-full rounded-full', tone)} style={{ width: `${share * 100}%` }} />
    </div>
  );
}

/** Steps done out of all. */
export function Progress({ label, done, total }: { label: string; done: number; total: number }) {
  return (
    <div
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={total}
      aria-valuenow={done}
      aria-valuetext={`${done} of ${total}`}
      className="h-1.5 w-full overflow-hidden rounded-full bg-hover"
    >
      <div
        className="h-full rounded-full bg-accent transition-[width] duration-500"
        style={{ width: `${total > 0 ? (done / total) * 100 : 0}%` }}
      />
    </div>
  );
}
