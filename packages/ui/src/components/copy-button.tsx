'use client';

import { Check, Copy } from 'lucide-react';
import { useEffect, useState } from 'react';
import { cn } from '../cn.ts';

type CopyButtonProps = { value: string; label: string; className?: string };

/** Copies `value`; `label` says what is copied ("Copy customer id"). The answer is spoken as well as shown. */
export function CopyButton({ value, label, className }: CopyButtonProps) {
  const [copied, setCopied] = useState(false);

  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), 2000);
    return () => clearTimeout(timer);
  }, [copied]);

  return (
    <button
      type="button"
      aria-label={label}
      onClick={() => void navigator.clipboard.writeText(value).then(() => setCopied(true))}
      className={cn(
        'inline-flex shrink-0 rounded-sm p-1 text-muted hover:bg-hover hover:text-ink',
        className,
      )}
    >
      {copied ? (
        <Check aria-hidden className="size-3.5 text-success-ink" />
      ) : (
        <Copy aria-hidden className="size-3.5" />
      )}
      <span role="status" className="sr-only">
        {copied ? 'Copied' : ''}
      </span>
    </button>
  );
}

/** An id or key in monospace with its copy button. */
export function CopyableCode({ value, label }: { value: string; label: string }) {
  return (
    <span className="inline-flex max-w-full min-w-0 items-center gap-0.5">
      <code className="truncate font-mono text-xs">{value}</code>
      <CopyButton value={value} label={label} />
    </span>
  );
}
