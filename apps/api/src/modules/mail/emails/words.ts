/** `3 March 2027`, in UTC, as periods are counted. */
export function dayInWords(date: Date): string {
  return new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeZone: 'UTC' }).format(date);
}
