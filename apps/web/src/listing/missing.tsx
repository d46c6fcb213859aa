import { Button } from '@billingos/ui/components/button';
import { SearchX } from 'lucide-react';
import Link from 'next/link';

type MissingProps = {
  /** "customer" */
  what: string;
  /** Where the others are. */
  list: { href: string; label: string };
};

/** The page of something that is not in this environment. */
export function Missing({ what, list }: MissingProps) {
  return (
    <div className="grid justify-items-center gap-3 px-6 py-16 text-center">
      <span className="grid size-10 place-items-center rounded-lg border bg-subtle text-muted">
        <SearchX aria-hidden className="size-5" />
      </span>
      <div className="grid gap-1">
        <h1 className="text-md font-semibold">There is no such {what}</h1>
        <p className="text-sm text-muted">It may belong to another environment.</p>
      </div>
      <Button asChild>
        <Link href={list.href}>{list.label}</Link>
      </Button>
    </div>
  );
}
