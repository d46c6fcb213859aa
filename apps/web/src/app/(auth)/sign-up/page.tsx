import type { Metadata } from 'next';
import { textLink } from '@billingos/ui/text-link';
import Link from 'next/link';
import { signUp } from '#features/auth/actions.ts';
import { AuthForm } from '#features/auth/auth-form.tsx';
import { AuthHeading } from '#features/auth/auth-heading.tsx';

export const metadata: Metadata = { title: 'Sign up' };

export default function SignUpPage() {
  return (
    <>
      <AuthHeading title="Create your account">
        Free up to 1,000 tracked calls a month. No card needed.
      </AuthHeading>
      <AuthForm
        action={signUp}
        submit="Create account"
        fields={['email', 'new-password']}
        sent="One step left: open the link we have sent to"
      />
      <p className="text-sm text-muted">
        Already have an account?{' '}
        <Link href="/login" className={textLink}>
          Log in
        </Link>
      </p>
    </>
  );
}
