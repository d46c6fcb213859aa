'use client';

import { Input } from '@billingos/ui/components/input';
import { Search } from 'lucide-react';
import { useEffect, useEffectEvent, useState } from 'react';

type SearchFieldProps = { label: string; value: string; onSearch: (value: string) => void };

/** A search box that asks once the typing pauses. */
export function SearchField({ label, value, onSearch }: SearchFieldProps) {
  const [typed, setTyped] = useState(value);
  const search = useEffectEvent((text: string) => {
    if (text !== value) onSearch(text);
  });

  useEffect(() => {
    const timer = setTimeout(() => search(typed.trim()), 250);
    return () => clearTimeout(timer);
  }, [typed]);

  return (
    <div role="search" className="relative w-full sm:w-72">
      <Search aria-hidden className="pointer-events-none absolute top-2.5 left-2.5 size-3.5 text-muted" />
      <Input
        type="search"
        aria-label={label}
        placeholder={label}
        value={typed}
        onChange={(event) => setTyped(event.target.value)}
        className="pl-8"
      />
    </div>
  );
}
