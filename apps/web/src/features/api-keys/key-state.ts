import type { BadgeTone } from '@billingos/ui/components/badge';
import type { ApiKey } from '../../api/types.ts';

export type KeyState = 'valid' | 'replaced' | 'disabled' | 'expired' | 'revoked';

export const stateWords: Record<KeyState, { label: string; tone: BadgeTone }> = {
  valid: { label: 'Valid', tone: 'success' },
  replaced: { label: 'Replaced, still valid', tone: 'warning' },
  disabled: { label: 'Switched off', tone: 'warning' },
  expired: { label: 'Expired', tone: 'neutral' },
  revoked: { label: 'Revoked', tone: 'neutral' },
};

/** What whoever is asked would say of a key, for what the key itself decides. Our own cannot be switched off. */
export function keyState(
  key: Pick<ApiKey, 'revoked_at' | 'expires_at' | 'rotated_to'> & { enabled?: boolean },
  now: number,
): KeyState {
  if (key.revoked_at !== null) return 'revoked';
  if (key.expires_at !== null && Date.parse(key.expires_at) <= now) return 'expired';
  if (key.enabled === false) return 'disabled';
  return key.rotated_to === null ? 'valid' : 'replaced';
}
