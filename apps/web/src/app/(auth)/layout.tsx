import Link from 'next/link';
import type { ReactNode } from 'react';
import { Logo } from '#features/site/logo.tsx';

export default function AuthLayout({ children }: { children: ReactNode }) {
  return (
    <div className="grid min-h-dvh grid-rows-[auto_1fr] bg-canvas">
      <header className="px-6 py-5">
        <Link href="/" className="rounded-md">
          <Logo />
        </Link>
      </header>
      <main className="mx-auto grid w-full max-w-sm content-start gap-6 px-6 pt-[8vh] pb-16">{children}</main>
    </div>
  );
}
