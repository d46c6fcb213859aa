import { redirect } from 'next/navigation';
import { cache } from 'react';
import { supabase } from './supabase.ts';

/**
 * The access token of whoever asks, or undefined. It is not trusted here: the API verifies it on every call, and
 * nothing is rendered from the token itself.
 */
export const accessToken = cache(async (): Promise<string | undefined> => {
  const client = await supabase();
  const { data } = await client.auth.getSession();
  return data.session?.access_token;
});

/** The access token, or the login page. */
export async function requireAccessToken(): Promise<string> {
  return (await accessToken()) ?? redirect('/login');
}
