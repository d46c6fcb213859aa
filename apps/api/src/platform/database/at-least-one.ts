/** For `in` and `not in`: an empty list must mean nothing rather than everything, and `in ()` is no SQL. No id is empty. */
export function atLeastOne(ids: string[]): string[] {
  return ids.length === 0 ? [''] : ids;
}
