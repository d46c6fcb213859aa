'use server';

import { redirect } from 'next/navigation';
import { returnPath } from '../../auth/return-path.ts';
import { supabase } from '../../auth/supabase.ts';
import { env } from '../../env.ts';

/** What a form of these pages knows after it was sent. */
export type AuthState = {
  status: 'idle' | 'refused' | 'sent';
  message?: string;
  /** Which field the message is about; none means the whole form. */
  field?: 'email' | 'password';
  email?: string;
};

const password_min = 10;

/** Signs in. Unknown address and wrong password get the same answer, so that nobody can list who has an account. */
export async function signIn(_before: AuthState, form: FormData): Promise<AuthState> {
  const { email, password } = credentials(form);
  const client = await supabase();
  const { error } = await client.auth.signInWithPassword({ email, password });
  if (error) {
    if (error.status === 429) return refused(email, 'Too many attempts. Wait a minute, then try again.');
    if (!error.status || error.status >= 500) return refused(email, unavailable);
    return refused(email, 'This e-mail address and password do not match an account.');
  }
  redirect(returnPath(text(form, 'next')));
}

/** Creates an account; asks for the mailed confirmation where the instance demands one. */
export async function signUp(_before: AuthState, form: FormData): Promise<AuthState> {
  const { email, password } = credentials(form);
  if (!looksLikeEmail(email))
    return refused(email, 'Enter an e-mail address such as ada@example.com.', 'email');
  if (password.length < password_min) {
    return refused(email, `Use at least ${password_min} characters.`, 'password');
  }
  const client = await supabase();
  const { data, error } = await client.auth.signUp({
    email,
    password,
    options: { emailRedirectTo: `${env().web_url}/auth/confirm?next=/dashboard` },
  });
  if (error) {
    if (error.code === 'weak_password')
      return refused(email, 'Choose a password that is harder to guess.', 'password');
    if (error.status === 429) return refused(email, 'Too many attempts. Wait a minute, then try again.');
    if (!error.status || error.status >= 500) return refused(email, unavailable);
    return refused(
      email,
      'We could not create this account. If you already have one, log in or reset your password.',
    );
  }
  if (data.session) redirect('/dashboard');
  return { status: 'sent', email };
}

/** Mails a link to set a new password. The answer is the same for every address. */
export async function requestPasswordReset(_before: AuthState, form: FormData): Promise<AuthState> {
  const email = text(form, 'email').trim();
  if (!looksLikeEmail(email))
    return refused(email, 'Enter an e-mail address such as ada@example.com.', 'email');
  const client = await supabase();
  const { error } = await client.auth.resetPasswordForEmail(email, {
    redirectTo: `${env().web_url}/auth/confirm?next=/reset-password`,
  });
  if (error && (!error.status || error.status >= 500)) return refused(email, unavailable);
  return { status: 'sent', email };
}

/** Sets the password of whoever came through the mailed link and is signed in by it. */
export async function resetPassword(_before: AuthState, form: FormData): Promise<AuthState> {
  const password = text(form, 'password');
  if (password.length < password_min)
    return refused('', `Use at least ${password_min} characters.`, 'password');
  const client = await supabase();
  const { data } = await client.auth.getUser();
  if (!data.user) return refused('', 'This link has expired. Ask for a new one.');
  const { error } = await client.auth.updateUser({ password });
  if (error) {
    if (error.code === 'same_password')
      return refused('', 'This is your present password. Choose another.', 'password');
    return refused('', 'The password could not be changed. Ask for a new link and try again.');
  }
  redirect('/dashboard');
}

/** Ends the session in this browser. */
export async function signOut(): Promise<void> {
  const client = await supabase();
  await client.auth.signOut({ scope: 'local' });
  redirect('/login');
}

const unavailable = 'Signing in is not possible right now. Try again in a moment.';

function refused(email: string, message: string, field?: 'email' | 'password'): AuthState {
  return { status: 'refused', email, message, ...(field ? { field } : {}) };
}

function credentials(form: FormData) {
  return { email: text(form, 'email').trim(), password: text(form, 'password') };
}

function text(form: FormData, name: string): string {
  const value = form.get(name);
  return typeof value === 'string' ? value : '';
}

function looksLikeEmail(value: string): boolean {
  return /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(value);
}
