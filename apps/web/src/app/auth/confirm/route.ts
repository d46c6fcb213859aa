import type { EmailOtpType } from '@supabase/supabase-js';
import { NextResponse, type NextRequest } from 'next/server';
import { returnPath } from '#auth/return-path.ts';
import { supabase } from '#auth/supabase.ts';
import { env } from '#env.ts';

const mail_types: readonly EmailOtpType[] = [
  'signup',
  'recovery',
  'email',
  'email_change',
  'invite',
  'magiclink',
];

/** Where the links in our mails lead: turns a code or a token hash into a session, then goes on to `next`. */
export async function GET(request: NextRequest) {
  const query = request.nextUrl.searchParams;
  const client = await supabase();
  const code = query.get('code');
  const token_hash = query.get('token_hash');
  const type = mail_types.find((known) => known === query.get('type'));

  const { error } = code
    ? await client.auth.exchangeCodeForSession(code)
    : token_hash && type
      ? await client.auth.verifyOtp({ token_hash, type })
      : { error: new Error('a link without a code') };

  const next = query.get('next') ?? (type === 'recovery' ? '/reset-password' : null);
  const target = error ? '/login?link=expired' : returnPath(next);
  return NextResponse.redirect(new URL(target, env().web_url));
}
