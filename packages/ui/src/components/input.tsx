import type { ComponentProps } from 'react';
import { cn } from '../cn.ts';

export const controlClasses =
  'w-full rounded-md border border-line-strong bg-surface text-ink shadow-sm transition-colors placeholder:text-muted disabled:bg-subtle disabled:text-muted aria-invalid:border-danger';

/** A one-line text field. Give it a name through <Field>. */
export function Input({ className, ...props }: ComponentProps<'input'>) {
  return <input className={cn(controlClasses, 'h-8.5 px-2.5 text-md', className)} {...props} />;
}

/** A text field of several lines. */
export function Textarea({ className, ...props }: ComponentProps<'textarea'>) {
  return <textarea rows={3} className={cn(controlClasses, 'px-2.5 py-1.5 text-md', className)} {...props} />;
}
