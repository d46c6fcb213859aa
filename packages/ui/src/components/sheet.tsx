import * as Radix from '@radix-ui/react-dialog';
import { X } from 'lucide-react';
import type { ReactNode } from 'react';

export const Sheet = Radix.Root;
export const SheetTrigger = Radix.Trigger;

/** A panel from the left edge: the navigation on a narrow screen. */
export function SheetContent({ title, children }: { title: string; children: ReactNode }) {
  return (
    <Radix.Portal>
      <Radix.Overlay className="fixed inset-0 z-40 animate-appear bg-overlay" />
      <Radix.Content
        aria-describedby={undefined}
        className="fixed inset-y-0 left-0 z-50 flex w-72 max-w-[85vw] animate-slide flex-col overflow-y-auto border-r bg-surface shadow-lg focus:outline-none"
      >
        <Radix.Title className="sr-only">{title}</Radix.Title>
        {children}
        <Radix.Close
          aria-label="Close"
          className="absolute top-3.5 right-3 rounded-sm p-1 text-muted hover:bg-hover hover:text-ink"
        >
          <X aria-hidden className="size-4" />
        </Radix.Close>
      </Radix.Content>
    </Radix.Portal>
  );
}
