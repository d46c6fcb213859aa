import type { Metadata } from 'next';
import { textLink } from '@billingos/ui/text-link';
import Link from 'next/link';
import { requestPasswordReset } from '#features/auth/actions.ts';
import { AuthForm } from '#features/auth/auth-form.tsx';
import { AuthHeading } from '#features/auth/auth-heading.tsx';

export const metadata: Metadata = { title: 'Forgot password' };

export default function ForgotPasswordPage() {
  return (
    <>
      <AuthHeading title="Reset your password">We mail you a link to choose a new one.</AuthHeading>
      <AuthForm
        action={requestPasswordReset}
        submit="Send the link"
        fields={['email']}
        sent="If there is an account for this address, a link is on its way to"
      />
      <p className="text-sm text-muted">
        <Link href="/login" className={textLink}>
          Back to log in
        </Link>
      </p>
    </>
  );
}
