import { Notice } from '@billingos/ui/components/notice';
import { textLink } from '@billingos/ui/text-link';
import type { Metadata } from 'next';
import Link from 'next/link';
import { returnPath } from '#auth/return-path.ts';
import { signIn } from '#features/auth/actions.ts';
import { AuthForm } from '#features/auth/auth-form.tsx';
import { AuthHeading } from '#features/auth/auth-heading.tsx';

export const metadata: Metadata = { title: 'Log in' };

type LoginPageProps = { searchParams: Promise<{ next?: string | string[]; link?: string }> };

export default async function LoginPage({ searchParams }: LoginPageProps) {
  const { next, link } = await searchParams;
  return (
    <>
      <AuthHeading title="Log in">Good to see you again.</AuthHeading>
      {link === 'expired' ? <Notice tone="warning">That link has expired or was already used.</Notice> : null}
      <AuthForm
        action={signIn}
        submit="Log in"
        fields={['email', 'password']}
        next={returnPath(typeof next === 'string' ? next : undefined)}
        aside={
          <Link href="/forgot-password" className={textLink}>
            Forgot password?
          </Link>
        }
      />
      <p className="text-sm text-muted">
        New here?{' '}
        <Link href="/sign-up" className={textLink}>
          Create an account
        </Link>
      </p>
    </>
  );
}
