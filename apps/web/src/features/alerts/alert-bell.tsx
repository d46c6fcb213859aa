'use client';

import { Button } from '@billingos/ui/components/button';
import { useQuery } from '@tanstack/react-query';
import { Bell } from 'lucide-react';
import Link from 'next/link';
import { useEnvironment } from '../merchants/environment-context.tsx';
import { alertSummaryQuery } from './queries.ts';

/** How many alerts are open, on every page. It asks again twice a minute. */
export function AlertBell() {
  const { api, href } = useEnvironment();
  const { data } = useQuery({ ...alertSummaryQuery(api), refetchInterval: 30_000 });
  const open = data?.open ?? 0;
  return (
    <Button asChild variant="ghost" size="icon" className="relative">
      <Link href={href('alerts')} aria-label={open > 0 ? `Alerts, ${open} open` : 'Alerts'}>
        <Bell aria-hidden />
        {open > 0 ? (
          <span
            aria-hidden
            className="absolute top-0.5 right-0.5 grid h-4 min-w-4 place-items-center rounded-full bg-danger-subtle px-1 text-xs text-danger-ink"
          >
            {open > 99 ? '99+' : open}
          </span>
        ) : null}
      </Link>
    </Button>
  );
}
