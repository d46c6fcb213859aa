'use client';

import { Button } from '@billingos/ui/components/button';
import { DialogClose, DialogFooter } from '@billingos/ui/components/dialog';
import { Check, Copy } from 'lucide-react';
import { useState } from 'react';

/** The one showing of a key. */
export function NewSecret({ secret }: { secret: string }) {
  const [copied, setCopied] = useState(false);
  return (
    <>
      <code
        aria-label="New API key"
        role="group"
        className="block rounded-md border bg-subtle px-3 py-2.5 font-mono text-xs break-all select-all"
      >
        {secret}
      </code>
      <p role="status" className="sr-only">
        {copied ? 'Copied' : ''}
      </p>
      <DialogFooter>
        <Button onClick={() => void navigator.clipboard.writeText(secret).then(() => setCopied(true))}>
          {copied ? <Check aria-hidden className="text-success-ink" /> : <Copy aria-hidden />}
          {copied ? 'Copied' : 'Copy key'}
        </Button>
        <DialogClose asChild>
          <Button variant="primary">I have stored it</Button>
        </DialogClose>
      </DialogFooter>
    </>
  );
}
