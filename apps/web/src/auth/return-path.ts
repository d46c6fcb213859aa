/**
 * Where to go after signing in: a path of this app, or the dashboard. "//evil.example", "/\evil.example" and absolute
 * addresses are refused, so that our login page cannot send people elsewhere.
 */
export function returnPath(asked: string | null | undefined): string {
  if (!asked || !/^\/[a-z0-9]/i.test(asked) || asked.includes('\\')) return '/dashboard';
  const base = 'http://here.invalid';
  const url = URL.parse(asked, base);
  return url && url.origin === base ? `${url.pathname}${url.search}` : '/dashboard';
}
