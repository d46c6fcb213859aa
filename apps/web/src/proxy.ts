import { NextResponse, type NextRequest } from 'next/server';
import { supabaseWith } from './auth/supabase.ts';
import { env } from './env.ts';

/**
 * Runs before every page: refreshes the session's cookies, which a server component cannot write, and sets the
 * Content-Security-Policy with a nonce of this request. It decides nothing about access: each page, action and route
 * handler asks the API again.
 */
export async function proxy(request: NextRequest) {
  const nonce = Buffer.from(crypto.getRandomValues(new Uint8Array(16))).toString('base64');
  const policy = contentSecurityPolicy(nonce, customerPage.test(request.nextUrl.pathname));
  const headers = new Headers(request.headers);
  headers.set('x-nonce', nonce);
  headers.set('content-security-policy', policy);

  let response = NextResponse.next({ request: { headers } });
  const session = supabaseWith({
    getAll: () => request.cookies.getAll(),
    setAll: (changes, uncacheable) => {
      for (const { name, value } of changes) request.cookies.set(name, value);
      headers.set('cookie', request.headers.get('cookie') ?? '');
      response = NextResponse.next({ request: { headers } });
      for (const { name, value, options } of changes) response.cookies.set(name, value, options);
      for (const [name, value] of Object.entries(uncacheable)) response.headers.set(name, value);
    },
  });
  await session.auth.getSession();

  response.headers.set('content-security-policy', policy);
  if (customerPage.test(request.nextUrl.pathname)) {
    // The address is a credential.
    response.headers.set('referrer-policy', 'no-referrer');
  }
  if (env().web_url.startsWith('https:')) {
    response.headers.set('strict-transport-security', 'max-age=63072000; includeSubDomains');
  }
  return response;
}

/** What customers reach by a link: the browser itself talks with the API and with Stripe. */
const customerPage = /^\/(pay|survey|top-up)\//;

function contentSecurityPolicy(nonce: string, isCustomerPage: boolean): string {
  const { api_url: apiUrl, stripe_js_url: stripeJsUrl } = env();
  const stripe = `${new URL(stripeJsUrl).origin} https://api.stripe.com https://hooks.stripe.com`;
  const development = process.env.NODE_ENV === 'development';
  return [
    `default-src 'self'`,
    `script-src 'self' 'nonce-${nonce}' 'strict-dynamic'${development ? ` 'unsafe-eval'` : ''}`,
    // Radix, recharts and sonner place things with style attributes, which no nonce can allow.
    `style-src 'self' 'unsafe-inline'`,
    `img-src 'self' data:`,
    `font-src 'self'`,
    `connect-src 'self'${isCustomerPage ? ` ${new URL(apiUrl).origin} ${stripe}` : ''}${development ? ' ws:' : ''}`,
    ...(isCustomerPage ? [`frame-src ${stripe}`] : []),
    `object-src 'none'`,
    `base-uri 'none'`,
    `form-action 'self'`,
    `frame-ancestors 'none'`,
  ].join('; ');
}

export const config = { matcher: ['/((?!_next/static|_next/image|favicon.ico|icon.svg).*)'] };
