'use client';

import { Button } from '@billingos/ui/components/button';
import { CopyableCode } from '@billingos/ui/components/copy-button';
import { DialogClose, DialogFooter } from '@billingos/ui/components/dialog';
import { ExternalLink } from 'lucide-react';
import type { ReactNode } from 'react';

type MadeLinkProps = {
  url: string;
  /** What the button says that copies it. */
  copy: string;
  /** What the button says that opens it. */
  open: string;
  /** Whom to send it to, and how long it works. */
  children: ReactNode;
};

/** A link for a customer, just made: the last step of its dialog. */
export function MadeLink({ url, copy, open, children }: MadeLinkProps) {
  return (
    <div className="grid gap-3">
      <div className="min-w-0 rounded-md border bg-subtle px-3 py-2">
        <CopyableCode value={url} label={copy} />
      </div>
      <p className="text-sm text-muted">{children}</p>
      <DialogFooter>
        <DialogClose asChild>
          <Button>Done</Button>
        </DialogClose>
        <Button variant="primary" asChild>
          <a href={url} target="_blank" rel="noreferrer">
            <ExternalLink aria-hidden />
            {open}
          </a>
        </Button>
      </DialogFooter>
    </div>
  );
}
