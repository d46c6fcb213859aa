import { Button } from '@billingos/ui/components/button';
import { textLink } from '@billingos/ui/text-link';
import type { Metadata } from 'next';
import Link from 'next/link';
import { signOut } from '#features/auth/actions.ts';
import { AuthHeading } from '#features/auth/auth-heading.tsx';
import { CreateMerchantForm } from '#features/merchants/create-merchant-form.tsx';
import { me } from '#features/merchants/me.ts';
import { Logo } from '#features/site/logo.tsx';

export const metadata: Metadata = { title: 'New merchant' };

export default async function NewMerchantPage() {
  const { user, merchants } = await me();
  return (
    <div className="grid min-h-dvh grid-rows-[auto_1fr]">
      <header className="flex items-center justify-between gap-4 px-6 py-5">
        <Logo />
        <form action={signOut}>
          <Button type="submit" variant="ghost">
            Log out
          </Button>
        </form>
      </header>
      <main className="mx-auto grid w-full max-w-sm content-start gap-6 px-6 pt-[8vh]">
        <AuthHeading title="What do you sell?">
          You get a test environment to try everything in, and a live one for when you are ready.
        </AuthHeading>
        <CreateMerchantForm />
        <p className="text-sm text-muted">
          Signed in as {user.email}.{' '}
          {merchants.length > 0 ? (
            <Link href="/dashboard" className={textLink}>
              Back to the dashboard
            </Link>
          ) : null}
        </p>
      </main>
    </div>
  );
}
