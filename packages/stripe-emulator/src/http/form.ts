/** Decoded parameters: text, or a record of them. Lists are records whose keys count from 0. */
export type Form = string | FormRecord;
export interface FormRecord {
  [key: string]: Form;
}

/** An empty record without a prototype, so that a parameter called `__proto__` is only a parameter. */
function emptyForm(): FormRecord {
  return Object.create(null);
}

/**
 * Reads Stripe's form encoding: `items[0][price]=p&expand[]=customer` becomes
 * `{ items: { 0: { price: 'p' } }, expand: { 0: 'customer' } }`.
 */
export function decodeForm(text: string): FormRecord {
  const root = emptyForm();
  for (const [name, value] of new URLSearchParams(text)) {
    const first = name.indexOf('[');
    const head = first < 0 ? name : name.slice(0, first);
    const rest =
      first < 0 ? [] : [...name.slice(first).matchAll(/\[([^\]]*)\]/g)].map((match) => match[1] ?? '');
    put(root, [head, ...rest], value);
  }
  return root;
}

function put(target: FormRecord, path: string[], value: string): void {
  const [head = '', ...rest] = path;
  const key = head === '' ? String(Object.keys(target).length) : head;
  if (rest.length === 0) {
    target[key] = value;
    return;
  }
  const existing = target[key];
  const child = existing === undefined || typeof existing === 'string' ? emptyForm() : existing;
  target[key] = child;
  put(child, rest, value);
}

/** The same form as canonical text, for comparing the parameters of two requests under one key. */
export function canonical(form: Form): string {
  if (typeof form === 'string') return JSON.stringify(form);
  const entries = Object.entries(form).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, value]) => `${JSON.stringify(key)}:${canonical(value)}`).join(',')}}`;
}
