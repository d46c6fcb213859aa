const lengthMax = 200;

/** What names one thing rather than a kind of things: a number, a UUID, a prefixed id, a long hexadecimal or mixed word. */
const names = [
  /^\d+$/,
  /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i,
  /^[0-9a-f]{16,}$/i,
  /^[A-Za-z]{1,12}_(?=[A-Za-z0-9]*\d)[A-Za-z0-9]{8,}$/,
  /^(?=.*\d)(?=.*[A-Za-z])[A-Za-z0-9_-]{20,}$/,
  /@/,
];

/**
 * An endpoint as it is counted: the path alone, with `:id` for what names one thing, so that there are as many endpoints as
 * routes and not as many as customers. `https://api.acme.com/users/42?full=1` and `/users/43/` are both `/users/:id`.
 */
export function endpointOf(address: string): string {
  const path = address.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i, '').split(/[?#]/, 1)[0] ?? '';
  const segments = path.split('/').filter((segment) => segment !== '');
  const endpoint = `/${segments.map((segment) => (names.some((name) => name.test(segment)) ? ':id' : segment)).join('/')}`;
  return endpoint.slice(0, lengthMax);
}
