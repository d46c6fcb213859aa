'use client';

import { cn } from '@billingos/ui/cn';
import { Button } from '@billingos/ui/components/button';
import {
  DropdownMenu,
  DropdownMenuContent,
  DropdownMenuLabel,
  DropdownMenuRadioGroup,
  DropdownMenuRadioItem,
  DropdownMenuTrigger,
} from '@billingos/ui/components/dropdown-menu';
import { ChevronsUpDown } from 'lucide-react';
import { usePathname, useRouter } from 'next/navigation';
import { useEnvironment } from '../merchants/environment-context.tsx';

/** Which environment one looks at. The same page opens in the other; a detail page opens its list, since ids differ. */
export function EnvironmentMenu() {
  const { merchant, environment, href } = useEnvironment();
  const pathname = usePathname();
  const router = useRouter();
  const open = (slug: string) => {
    const section = pathname.slice(href().length).split('/').slice(0, 3);
    const page = section[1] === 'developers' || section[1] === 'settings' ? section : section.slice(0, 2);
    router.push(`/dashboard/${merchant.slug}/${slug}${page.join('/')}`);
  };
  return (
    <DropdownMenu>
      <DropdownMenuTrigger asChild>
        <Button size="sm" className="h-8">
          <ModeDot mode={environment.mode} />
          <span className="sr-only">Environment: </span>
          {environment.name}
          <ChevronsUpDown aria-hidden className="text-muted" />
        </Button>
      </DropdownMenuTrigger>
      <DropdownMenuContent align="end">
        <DropdownMenuLabel>Environments</DropdownMenuLabel>
        <DropdownMenuRadioGroup value={environment.slug} onValueChange={open}>
          {merchant.environments.map(({ id, slug, name, mode }) => (
            <DropdownMenuRadioItem key={id} value={slug}>
              <ModeDot mode={mode} />
              {name}
            </DropdownMenuRadioItem>
          ))}
        </DropdownMenuRadioGroup>
      </DropdownMenuContent>
    </DropdownMenu>
  );
}

function ModeDot({ mode }: { mode: 'live' | 'test' }) {
  return (
    <span aria-hidden className={cn('size-2 rounded-full', mode === 'live' ? 'bg-success' : 'bg-warning')} />
  );
}
