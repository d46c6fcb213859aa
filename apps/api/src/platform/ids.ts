import { randomFillSync } from 'node:crypto';

const prefixes = {
  merchant: 'mer',
  environment: 'env',
  api_key: 'key',
  audit_entry: 'aud',
  job: 'job',
  meter: 'mtr',
  feature: 'feat',
  plan: 'plan',
  plan_version: 'ver',
  price: 'price',
  customer: 'cus',
  subscription: 'sub',
  subscription_item: 'item',
  subscription_discount: 'disc',
  scheduled_change: 'chg',
  plan_migration: 'mig',
  plan_migration_item: 'migi',
  coupon: 'coup',
  invoice: 'inv',
  invoice_line: 'line',
  payment: 'pay',
  credit_note: 'cn',
  refund: 'ref',
  dispute: 'dp',
  email: 'mail',
  alert: 'alrt',
  recovery: 'rec',
  customer_link: 'link',
  reconciliation_run: 'run',
  discrepancy: 'diff',
  stripe_import: 'imp',
  stripe_import_item: 'impi',
  entitlement: 'ent',
  entitlement_override: 'ovr',
  stripe_account: 'acct',
  stripe_intent: 'int',
  webhook_event: 'whe',
  usage_event: 'evt',
  usage_forward: 'fwd',
  project: 'proj',
  consumer_key: 'ckey',
  request_log: 'log',
  reservation: 'res',
  credit_grant: 'cgr',
  credit_allowance: 'cal',
  credit_pack: 'pack',
  credit_top_up: 'top',
  request: 'req',
} as const;

export type IdKind = keyof typeof prefixes;

/** A new id such as `cus_0199f0c3a1b27c3d8e4f5061728394a5`: a prefix and a UUIDv7, so ids sort by the time they were made. */
export function newId(kind: IdKind): string {
  return `${prefixes[kind]}_${uuid7()}`;
}

/**
 * A new id of something that came to be elsewhere, as an invoice on Stripe: sorts by when it did, and what did at the same
 * time by when we heard of it. So lists, which go by ids, stand in order of time whenever something was taken over.
 */
export function newIdOf(kind: IdKind, at: Date): string {
  const hex = (time: number): string => time.toString(16).padStart(12, '0');
  const heard = hex(Date.now()).slice(1);
  const bits = `7${heard.slice(0, 3)}8${heard.slice(3, 6)}${heard.slice(6)}`;
  return `${prefixes[kind]}_${hex(at.getTime())}${bits}${uuid7().slice(-7)}`;
}

/** The id of another kind with the same UUID: for what is made with something and at most once. */
export function idLike(id: string, kind: IdKind): string {
  return `${prefixes[kind]}_${id.slice(id.lastIndexOf('_') + 1)}`;
}

/** Whether a string has the shape of our ids of a kind. A merchant's own id may start with the same prefix. */
export function isId(kind: IdKind, value: string): boolean {
  const prefix = `${prefixes[kind]}_`;
  return value.startsWith(prefix) && /^[0-9a-f]{32}$/.test(value.slice(prefix.length));
}

/** Drawn for many ids at once: to ask the system for each costs more than all the rest. */
const pool = Buffer.alloc(16 * 256);
let drawn = pool.length;
let lastMs = 0;
/** Grows within a millisecond, so that ids made in it sort as they were made. 32 bits, of which it begins with 31. */
let sequence = 0;

/** A UUIDv7 (RFC 9562) without hyphens: 48 bits of milliseconds, 32 of sequence, 42 random ones. */
function uuid7(): string {
  if (drawn === pool.length) {
    randomFillSync(pool);
    drawn = 0;
  }
  const random = drawn;
  drawn += 16;
  const now = Date.now();
  if (now > lastMs) {
    lastMs = now;
    sequence = pool.readUInt32BE(random) >>> 1;
  } else {
    sequence += 1;
    if (sequence > 0xffffffff) {
      lastMs += 1;
      sequence = 0;
    }
  }
  const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, '0');
  // 12 bits of the sequence after the version, 14 after the variant, the last 6 before the random ones.
  const high = Math.floor(sequence / 0x100000);
  const middle = Math.floor(sequence / 0x40) % 0x4000;
  const low = ((sequence % 0x40) << 2) | (pool.readUInt8(random + 4) & 3);
  return `${hex(lastMs, 12)}7${hex(high, 3)}${hex(0x8000 | middle, 4)}${hex(low, 2)}${pool.toString('hex', random + 5, random + 10)}`;
}
