import type { Metadata } from 'next';
import { requireAccessToken } from '#auth/session.ts';
import { resetPassword } from '#features/auth/actions.ts';
import { AuthForm } from '#features/auth/auth-form.tsx';
import { AuthHeading } from '#features/auth/auth-heading.tsx';

export const metadata: Metadata = { title: 'New password' };

export default async function ResetPasswordPage() {
  await requireAccessToken();
  return (
    <>
      <AuthHeading title="Choose a new password">You stay signed in on this device.</AuthHeading>
      <AuthForm action={resetPassword} submit="Save password" fields={['new-password']} />
    </>
  );
}
