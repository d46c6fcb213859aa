import { createServerClient, type CookieMethodsServer } from '@supabase/ssr';
import { cookies } from 'next/headers';
import { env } from '../env.ts';

/**
 * A Supabase client for one request. It only signs people in and out: billing data never passes through it.
 * The session lives in HttpOnly cookies, so no script in the browser ever holds a token.
 */
export function supabaseWith(jar: CookieMethodsServer) {
  return createServerClient(env().supabase_url, env().supabase_publishable_key, {
    cookies: jar,
    cookieOptions: {
      httpOnly: true,
      sameSite: 'lax',
      secure: env().web_url.startsWith('https:'),
      path: '/',
    },
  });
}

/** The client for server components, actions and route handlers. */
export async function supabase() {
  const jar = await cookies();
  return supabaseWith({
    getAll: () => jar.getAll(),
    setAll: (changes) => {
      try {
        for (const { name, value, options } of changes) jar.set(name, value, options);
      } catch {
        // A server component may not write cookies. The proxy has refreshed the session before it ran.
      }
    },
  });
}
