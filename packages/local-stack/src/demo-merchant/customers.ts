/** Whom the demo merchant sells to, since when, and what became of it. */
export interface DemoCustomer {
  externalId: string;
  name: string;
  email: string;
  /** None: they signed up and have not bought anything. */
  sale?: Sale;
  /** API calls in the period that runs. */
  apiCalls: number;
  aiSummaries?: number;
}

export interface Sale {
  plan: string;
  /** Whole months before the period that runs now began. */
  monthsAgo: number;
  /** When in the period that runs now it began: days ago. */
  daysAgo: number;
  interval?: 'month' | 'year';
  quantity?: number;
  addOns?: { add_on: string; quantity: number }[];
  coupon?: string;
  trial?: true;
  /** Stripe's test payment method; the ordinary Visa when omitted. */
  card?: string;
  /** From the next renewal on every payment is declined. */
  cardFailsLater?: true;
  /** They left, at the end of this many months. */
  leftAfterMonths?: number;
}

export const customers: readonly DemoCustomer[] = [
  {
    externalId: 'harbor-freight',
    name: 'Harbor Freight Lines',
    email: 'ops@harborfreight.test',
    sale: {
      plan: 'business',
      monthsAgo: 4,
      daysAgo: 27,
      addOns: [{ add_on: 'priority_support', quantity: 1 }],
    },
    apiCalls: 512_480,
    aiSummaries: 340,
  },
  {
    externalId: 'maple-health',
    name: 'Maple Health',
    email: 'it@maplehealth.test',
    sale: { plan: 'team', interval: 'year', quantity: 24, monthsAgo: 4, daysAgo: 12 },
    apiCalls: 48_205,
  },
  {
    externalId: 'tidewater-bank',
    name: 'Tidewater Savings',
    email: 'platform@tidewater.test',
    sale: { plan: 'pro', monthsAgo: 4, daysAgo: 22 },
    apiCalls: 31_118,
  },
  {
    externalId: 'red-panda-toys',
    name: 'Red Panda Toys',
    email: 'hi@redpanda.test',
    sale: { plan: 'pro', monthsAgo: 3, daysAgo: 19, leftAfterMonths: 2 },
    apiCalls: 0,
  },
  {
    externalId: 'lumen-studio',
    name: 'Lumen Studio',
    email: 'hello@lumenstudio.test',
    sale: { plan: 'pro', monthsAgo: 2, daysAgo: 26 },
    apiCalls: 45_930,
  },
  {
    externalId: 'birch-analytics',
    name: 'Birch Analytics',
    email: 'finance@birch.test',
    sale: { plan: 'team', quantity: 5, monthsAgo: 3, daysAgo: 25 },
    apiCalls: 164_300,
    aiSummaries: 131,
  },
  {
    externalId: 'vertex-maps',
    name: 'Vertex Maps',
    email: 'billing@vertexmaps.test',
    sale: { plan: 'enterprise', monthsAgo: 2, daysAgo: 24 },
    apiCalls: 1_840_000,
    aiSummaries: 72,
  },
  {
    externalId: 'green-valley',
    name: 'Green Valley Farms',
    email: 'office@greenvalley.test',
    sale: { plan: 'pro', monthsAgo: 2, daysAgo: 21, coupon: 'PARTNER10' },
    apiCalls: 12_340,
  },
  {
    externalId: 'copper-kettle',
    name: 'Copper Kettle Coffee',
    email: 'shop@copperkettle.test',
    sale: { plan: 'pro', monthsAgo: 1, daysAgo: 23, coupon: 'SPRING25' },
    apiCalls: 58_051,
  },
  {
    externalId: 'fernweh-travel',
    name: 'Fernweh Travel',
    email: 'tech@fernweh.test',
    sale: { plan: 'business', monthsAgo: 1, daysAgo: 20 },
    apiCalls: 38_700,
    aiSummaries: 18,
  },
  {
    externalId: 'atlas-robotics',
    name: 'Atlas Robotics',
    email: 'dev@atlasrobotics.test',
    sale: { plan: 'pro', monthsAgo: 1, daysAgo: 9 },
    apiCalls: 27_664,
  },
  {
    externalId: 'quill-press',
    name: 'Quill Press',
    email: 'accounts@quillpress.test',
    sale: { plan: 'pro', monthsAgo: 1, daysAgo: 1, cardFailsLater: true },
    apiCalls: 1_190,
  },
  {
    externalId: 'granite-labs',
    name: 'Granite Labs',
    email: 'ap@granitelabs.test',
    sale: { plan: 'pro', monthsAgo: 0, daysAgo: 8, card: 'pm_card_createDispute' },
    apiCalls: 6_020,
  },
  {
    externalId: 'solstice-yoga',
    name: 'Solstice Yoga',
    email: 'studio@solstice.test',
    sale: { plan: 'team', quantity: 3, monthsAgo: 0, daysAgo: 6, trial: true },
    apiCalls: 2_410,
    aiSummaries: 9,
  },
  {
    externalId: 'sunday-cycles',
    name: 'Sunday Cycles',
    email: 'ride@sundaycycles.test',
    sale: { plan: 'free', monthsAgo: 0, daysAgo: 18 },
    apiCalls: 940,
  },
  {
    externalId: 'paper-lantern',
    name: 'Paper Lantern Games',
    email: 'team@paperlantern.test',
    sale: { plan: 'free', monthsAgo: 0, daysAgo: 14 },
    apiCalls: 1_377,
  },
  {
    externalId: 'oak-and-ivy',
    name: 'Oak & Ivy Interiors',
    email: 'studio@oakandivy.test',
    sale: { plan: 'free', monthsAgo: 0, daysAgo: 5 },
    apiCalls: 62,
  },
  {
    externalId: 'polar-expeditions',
    name: 'Polar Expeditions',
    email: 'crew@polarexpeditions.test',
    apiCalls: 0,
  },
];

/** Two who pay by bank transfer; one of them has paid already. */
export const invoicedCustomers = [
  {
    externalId: 'saffron-logistics',
    name: 'Saffron Logistics',
    email: 'accounts@saffron.test',
    hasPaid: true,
    apiCalls: 8_640,
  },
  {
    externalId: 'monsoon-media',
    name: 'Monsoon Media',
    email: 'finance@monsoon.test',
    hasPaid: false,
    apiCalls: 4_125,
  },
];
