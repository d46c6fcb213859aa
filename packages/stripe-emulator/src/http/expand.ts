import type { Context } from '../state/context.ts';
import { invalid } from './errors.ts';
import type { Kind } from '../state/tables.ts';

/** Fields that an object shows only when asked: by the object's kind and the field, how to make it. */
export type Includable = Record<string, Record<string, (context: Context, id: string) => unknown>>;

const EXPANDABLE: Kind[] = [
  'customer',
  'payment_method',
  'product',
  'price',
  'subscription',
  'invoice',
  'invoice_payment',
  'payment_intent',
  'charge',
  'setup_intent',
  'checkout.session',
  'coupon',
  'credit_note',
  'dispute',
  'refund',
  'subscription_schedule',
  'tax_rate',
  'discount',
  'invoiceitem',
  'promotion_code',
  'test_helpers.test_clock',
  'entitlements.feature',
  'entitlements.active_entitlement',
  '_deleted',
];
const DEPTH_MAX = 4;

/** The object as JSON, with the fields named by `expand` replaced by the objects they refer to. */
export function expanded(
  context: Context,
  document: object,
  paths: string[],
  includable: Includable,
): unknown {
  const json: unknown = JSON.parse(JSON.stringify(document));
  for (const path of paths) {
    const parts = path.split('.');
    if (parts.filter((part) => part !== 'data').length > DEPTH_MAX) {
      throw invalid(`You cannot expand more than ${DEPTH_MAX} levels of a property (${path}).`, 'expand');
    }
    expandPath(context, json, parts, path, includable);
  }
  return json;
}

function expandPath(
  context: Context,
  node: unknown,
  parts: string[],
  path: string,
  includable: Includable,
): void {
  const [head, ...rest] = parts;
  if (head === undefined || node === null || node === undefined) return;
  if (Array.isArray(node)) {
    for (const element of node) expandPath(context, element, parts, path, includable);
    return;
  }
  if (!isRecord(node)) throw invalid(`This property cannot be expanded (${path}).`, 'expand');
  node[head] = valueOf(context, node, head, path, includable);
  expandPath(context, node[head], rest, path, includable);
}

function valueOf(
  context: Context,
  node: Record<string, unknown>,
  field: string,
  path: string,
  includable: Includable,
): unknown {
  const value = node[field];
  if (Array.isArray(value))
    return value.map((element) => (typeof element === 'string' ? referred(context, element, path) : element));
  if (typeof value === 'string') return referred(context, value, path);
  if (value !== undefined) return value;
  const include = includable[String(node['object'])]?.[field];
  if (include === undefined) throw invalid(`This property cannot be expanded (${path}).`, 'expand');
  return JSON.parse(JSON.stringify(include(context, String(node['id'])) ?? null));
}

function referred(context: Context, id: string, path: string): unknown {
  for (const kind of EXPANDABLE) {
    const found = context.data.get(kind, id);
    if (found !== undefined) return JSON.parse(JSON.stringify(found));
  }
  const account = context.platform.get('account', id);
  if (account === undefined) throw invalid(`This property cannot be expanded (${path}).`, 'expand');
  return JSON.parse(JSON.stringify(account));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
