/** What a page finds in its address. */
export type SearchParams = Promise<Record<string, string | string[] | undefined>>;

/** One value of the address; empty and repeated ones count as absent. */
export function textOf(value: string | string[] | undefined): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** The cursor of `?pages=` for a server component. */
export function cursorOf(pages: string | string[] | undefined): string | undefined {
  return typeof pages === 'string' && pages !== '' ? pages.split(',').at(-1) : undefined;
}
