/** What a path or name with `*` in it matches, as a whole. */
export function globPattern(glob: string): RegExp {
  const literally = (text: string): string => text.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`^${glob.split('*').map(literally).join('.*')}$`);
}
