import { v7 } from 'uuid';

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
  reconciliation_run: 'run',
  discrepancy: 'diff',
  stripe_import: 'imp',
  entitlement: 'ent',
  stripe_account: 'acct',
  stripe_intent: 'int',
  webhook_event: 'whe',
  usage_event: 'evt',
  usage_forward: 'fwd',
  request: 'req',
} as const;

export type IdKind = keyof typeof prefixes;

/** A new id such as `cus_0199f0c3a1b27c3d8e4f5061728394a5`: a prefix and a UUIDv7, so ids sort by the time they were made. */
export function newId(kind: IdKind): string {
  return `${prefixes[kind]}_${v7().replaceAll('-', '')}`;
}

/** Whether a string has the shape of our ids of a kind. A merchant's own id may start with the same prefix. */
export function isId(kind: IdKind, value: string): boolean {
  const prefix = `${prefixes[kind]}_`;
  return value.startsWith(prefix) && /^[0-9a-f]{32}$/.test(value.slice(prefix.length));
}
