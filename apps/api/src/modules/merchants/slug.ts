/** A merchant's name as it stands in addresses: `Northwind Analytics` is `northwind-analytics`; no letters give `merchant`. */
export function slugOf(name: string): string {
  const slug = name
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 40)
    .replace(/^-+|-+$/g, '');
  return slug === '' ? 'merchant' : slug;
}
