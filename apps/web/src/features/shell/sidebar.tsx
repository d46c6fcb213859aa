'use client';

import { cn } from '@billingos/ui/cn';
import Link from 'next/link';
import { usePathname } from 'next/navigation';
import { useEffect, useRef } from 'react';
import { useEnvironment } from '../merchants/environment-context.tsx';
import { Logo } from '../site/logo.tsx';
import { MerchantMenu } from './merchant-menu.tsx';
import { navigation, type NavigationItem } from './navigation.ts';

/** The navigation of one environment, in the left column or, on a narrow screen, in a sheet. */
export function Sidebar({ onNavigate = () => undefined }: { onNavigate?: () => void }) {
  const { href } = useEnvironment();
  return (
    <div className="flex h-full flex-col gap-3 overflow-y-auto px-3 pt-3.5 pb-4">
      <Link href={href()} className="w-fit rounded-md px-2" onClick={onNavigate}>
        <Logo />
      </Link>
      <MerchantMenu />
      <nav aria-label="Main" className="grid gap-4">
        {navigation.map((group) => (
          <div key={group.label ?? 'start'} className="grid gap-0.5">
            {group.label ? <p className="px-2 pb-1 text-xs font-medium text-muted">{group.label}</p> : null}
            {group.items.map((item) => (
              <SidebarLink key={item.path} item={item} onNavigate={onNavigate} />
            ))}
          </div>
        ))}
      </nav>
    </div>
  );
}

type SidebarLinkProps = { item: NavigationItem; onNavigate: () => void };

/** Of more places than a low window has room for, the one that is open is in sight. */
function useInSight(here: boolean) {
  const link = useRef<HTMLAnchorElement>(null);
  useEffect(() => {
    if (here) link.current?.scrollIntoView({ block: 'nearest' });
  }, [here]);
  return link;
}

function SidebarLink({ item: { path, label, icon: Icon }, onNavigate }: SidebarLinkProps) {
  const { href } = useEnvironment();
  const pathname = usePathname();
  const target = href(path);
  const here = path === '' ? pathname === target : pathname === target || pathname.startsWith(`${target}/`);
  const link = useInSight(here);
  return (
    <Link
      ref={link}
      href={target}
      onClick={onNavigate}
      aria-current={here ? 'page' : undefined}
      className={cn(
        'flex h-8 items-center gap-2.5 rounded-md px-2 text-sm transition-colors',
        here ? 'bg-hover font-medium text-ink' : 'text-muted hover:bg-hover hover:text-ink',
      )}
    >
      <Icon aria-hidden className="size-4 shrink-0" strokeWidth={1.75} />
      {label}
    </Link>
  );
}
