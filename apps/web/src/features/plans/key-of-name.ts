/** The key that a name suggests: "Pro (yearly)" is "pro_yearly". Keys are what code says, so they stay ASCII. */
export function keyOfName(name: string): string {
  return name
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '')
    .slice(0, 60);
}
