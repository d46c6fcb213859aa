import { cva, type VariantProps } from 'class-variance-authority';
import type { ComponentProps } from 'react';
import { cn } from '../cn.ts';

const notice = cva('rounded-md border px-3 py-2 text-sm', {
  variants: {
    tone: {
      neutral: 'bg-subtle text-ink',
      success: 'border-transparent bg-success-subtle text-success-ink',
      warning: 'border-transparent bg-warning-subtle text-warning-ink',
      danger: 'border-transparent bg-danger-subtle text-danger-ink',
    },
  },
  defaultVariants: { tone: 'neutral' },
});

/** A sentence that belongs to the form or card around it. A danger notice is announced. */
export function Notice({ tone, className, ...props }: ComponentProps<'div'> & VariantProps<typeof notice>) {
  return (
    <div
      role={tone === 'danger' ? 'alert' : 'status'}
      className={cn(notice({ tone }), className)}
      {...props}
    />
  );
}
