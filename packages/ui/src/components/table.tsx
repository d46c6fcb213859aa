import type { ComponentProps } from 'react';
import { cn } from '../cn.ts';

/** A data table that scrolls sideways inside itself on a narrow screen. `label` names it for a screen reader. */
export function Table({ label, className, ...props }: ComponentProps<'table'> & { label: string }) {
  return (
    // A scrolling region has to be reachable with the keyboard, or its right half stays unread. It is positioned, so
    // that hidden text inside it scrolls along instead of widening the page.
    <div role="region" aria-label={label} tabIndex={0} className="relative overflow-x-auto -outline-offset-2">
      <table aria-label={label} className={cn('w-full border-collapse text-sm', className)} {...props} />
    </div>
  );
}

export function TableHead(props: ComponentProps<'thead'>) {
  return <thead {...props} />;
}

export function TableBody({ className, ...props }: ComponentProps<'tbody'>) {
  return <tbody className={cn('divide-y divide-line', className)} {...props} />;
}

export function TableRow({ className, ...props }: ComponentProps<'tr'>) {
  return <tr className={cn('group/row transition-colors [tbody>&]:hover:bg-subtle', className)} {...props} />;
}

export function HeaderCell({ className, ...props }: ComponentProps<'th'>) {
  return (
    <th
      scope="col"
      className={cn(
        'border-y bg-subtle px-4 py-1.5 text-left text-xs font-medium whitespace-nowrap text-muted',
        className,
      )}
      {...props}
    />
  );
}

/** A cell; with `numeric` its digits align to the right edge. */
export function Cell({ numeric = false, className, ...props }: ComponentProps<'td'> & { numeric?: boolean }) {
  return (
    <td
      className={cn(
        'px-4 py-2.5 align-middle whitespace-nowrap',
        numeric && 'text-right tabular-nums',
        className,
      )}
      {...props}
    />
  );
}
