'use client';

import {
  DropdownMenu,
  DropdownMenuContent,
  DropdownMenuItem,
  DropdownMenuLabel,
  DropdownMenuRadioGroup,
  DropdownMenuRadioItem,
  DropdownMenuSeparator,
  DropdownMenuTrigger,
} from '@billingos/ui/components/dropdown-menu';
import { ChevronsUpDown, Plus } from 'lucide-react';
import { useRouter } from 'next/navigation';
import { useEnvironment } from '../merchants/environment-context.tsx';

/** Which merchant one works for. Changing it keeps the mode, so nobody lands in live by surprise. */
export function MerchantMenu() {
  const { me, merchant, environment } = useEnvironment();
  const router = useRouter();
  const open = (slug: string) => {
    const environments = me.merchants.find((one) => one.slug === slug)?.environments ?? [];
    const target = environments.find(({ mode }) => mode === environment.mode) ?? environments[0];
    if (target) router.push(`/dashboard/${slug}/${target.slug}`);
  };
  return (
    <DropdownMenu>
      <DropdownMenuTrigger className="flex h-10 shrink-0 items-center gap-2 rounded-md border bg-surface px-2 text-left shadow-sm hover:bg-hover">
        <span
          aria-hidden
          className="grid size-6 shrink-0 place-items-center rounded-sm bg-accent-subtle text-xs font-semibold text-accent-ink"
        >
          {merchant.name.slice(0, 1).toUpperCase()}
        </span>
        <span className="min-w-0 flex-1 truncate text-sm font-medium">
          <span className="sr-only">Merchant: </span>
          {merchant.name}
        </span>
        <ChevronsUpDown aria-hidden className="size-4 shrink-0 text-muted" />
      </DropdownMenuTrigger>
      <DropdownMenuContent align="start" className="w-(--radix-dropdown-menu-trigger-width)">
        <DropdownMenuLabel>Merchants</DropdownMenuLabel>
        <DropdownMenuRadioGroup value={merchant.slug} onValueChange={open}>
          {me.merchants.map(({ id, slug, name }) => (
            <DropdownMenuRadioItem key={id} value={slug}>
              {name}
            </DropdownMenuRadioItem>
          ))}
        </DropdownMenuRadioGroup>
        <DropdownMenuSeparator />
        <DropdownMenuItem onSelect={() => router.push('/dashboard/new')}>
          <Plus aria-hidden />
          New merchant
        </DropdownMenuItem>
      </DropdownMenuContent>
    </DropdownMenu>
  );
}
