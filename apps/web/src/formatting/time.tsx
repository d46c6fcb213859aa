'use client';

import { formatDay, formatMoment, formatRelative } from './dates.ts';

/** A day; the exact moment is its tooltip. */
export function Day({ iso }: { iso: string }) {
  return (
    <time dateTime={iso} title={formatMoment(iso)}>
      {formatDay(iso)}
    </time>
  );
}

/** How long ago. The server and the browser ask the clock at different moments, so they may disagree by a word. */
export function Ago({ iso }: { iso: string }) {
  return (
    <time dateTime={iso} title={formatMoment(iso)} suppressHydrationWarning>
      {formatRelative(iso, Date.now())}
    </time>
  );
}
