/** What the demo merchant sells and to whom: an analytics company on its way up. */

export const demoEmail = 'demo@billingos.test';
export const demoMerchantName = 'Northwind Analytics';

export const features = [
  { key: 'exports', name: 'CSV exports', type: 'boolean' },
  { key: 'api_calls', name: 'API calls', type: 'metered', aggregation: 'sum' },
  { key: 'support_level', name: 'Support', type: 'config' },
] as const;

export const plans = [
  {
    key: 'free',
    name: 'Free',
    description: 'Try it with a small project.',
    rank: 0,
    prices: [{ amount: 0, currency: 'usd', interval: 'month' }],
    features: [
      { feature: 'api_calls', limit: 1_000, overage: 'block' },
      { feature: 'support_level', value: 'community' },
    ],
  },
  {
    key: 'pro',
    name: 'Pro',
    description: 'For teams that ship reports to their customers.',
    rank: 1,
    prices: [{ amount: 4_900, currency: 'usd', interval: 'month' }],
    features: [
      { feature: 'exports' },
      { feature: 'api_calls', limit: 50_000, overage: 'block' },
      { feature: 'support_level', value: 'email' },
    ],
  },
  {
    key: 'business',
    name: 'Business',
    description: 'Higher limits, overage instead of a stop, and somebody to call.',
    rank: 2,
    prices: [{ amount: 19_900, currency: 'usd', interval: 'month' }],
    features: [
      { feature: 'exports' },
      { feature: 'api_calls', limit: 500_000, overage: 'allow' },
      { feature: 'support_level', value: 'phone' },
    ],
  },
] as const;

export interface DemoCustomer {
  externalId: string;
  name: string;
  email: string;
  plan?: 'free' | 'pro' | 'business';
  /** Stripe's test payment method; the ordinary Visa when omitted. */
  card?: string;
  /** API calls used so far. */
  apiCalls: number;
  leavesAtPeriodEnd?: true;
}

export const customers: readonly DemoCustomer[] = [
  {
    externalId: 'harbor-freight',
    name: 'Harbor Freight Lines',
    email: 'ops@harborfreight.test',
    plan: 'business',
    apiCalls: 312_480,
  },
  {
    externalId: 'maple-health',
    name: 'Maple Health',
    email: 'it@maplehealth.test',
    plan: 'business',
    apiCalls: 148_205,
  },
  {
    externalId: 'lumen-studio',
    name: 'Lumen Studio',
    email: 'hello@lumenstudio.test',
    plan: 'pro',
    apiCalls: 45_930,
  },
  {
    externalId: 'tidewater-bank',
    name: 'Tidewater Savings',
    email: 'platform@tidewater.test',
    plan: 'pro',
    apiCalls: 31_118,
  },
  {
    externalId: 'green-valley',
    name: 'Green Valley Farms',
    email: 'office@greenvalley.test',
    plan: 'pro',
    apiCalls: 12_340,
  },
  {
    externalId: 'copper-kettle',
    name: 'Copper Kettle Coffee',
    email: 'shop@copperkettle.test',
    plan: 'pro',
    apiCalls: 8_051,
  },
  {
    externalId: 'atlas-robotics',
    name: 'Atlas Robotics',
    email: 'dev@atlasrobotics.test',
    plan: 'pro',
    apiCalls: 27_664,
    leavesAtPeriodEnd: true,
  },
  {
    externalId: 'quill-press',
    name: 'Quill Press',
    email: 'accounts@quillpress.test',
    plan: 'pro',
    card: 'pm_card_chargeCustomerFail',
    apiCalls: 190,
  },
  {
    externalId: 'sunday-cycles',
    name: 'Sunday Cycles',
    email: 'ride@sundaycycles.test',
    plan: 'free',
    apiCalls: 940,
  },
  {
    externalId: 'paper-lantern',
    name: 'Paper Lantern Games',
    email: 'team@paperlantern.test',
    plan: 'free',
    apiCalls: 377,
  },
  {
    externalId: 'oak-and-ivy',
    name: 'Oak & Ivy Interiors',
    email: 'studio@oakandivy.test',
    plan: 'free',
    apiCalls: 62,
  },
  {
    externalId: 'polar-expeditions',
    name: 'Polar Expeditions',
    email: 'crew@polarexpeditions.test',
    apiCalls: 0,
  },
];
