/** A purchase that was asked for: repeated with the same key, it is charged once. */
export type Wish = { key: string; pack: string; packs: number };

const place = 'top-up-wish';

/** The bank may send the person away to confirm the card; the wish waits in this tab until they are back. */
export function keepWish(wish: Wish): void {
  sessionStorage.setItem(place, JSON.stringify(wish));
}

export function takeWish(): Wish | undefined {
  const kept = sessionStorage.getItem(place);
  sessionStorage.removeItem(place);
  if (kept === null) return undefined;
  const read: unknown = JSON.parse(kept);
  return isWish(read) ? read : undefined;
}

function isWish(value: unknown): value is Wish {
  return (
    typeof value === 'object' &&
    value !== null &&
    'key' in value &&
    typeof value.key === 'string' &&
    'pack' in value &&
    typeof value.pack === 'string' &&
    'packs' in value &&
    typeof value.packs === 'number'
  );
}
