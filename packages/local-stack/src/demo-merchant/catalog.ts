/** What the demo merchant sells: an analytics company on its way up. */

export const features = [
  { key: 'exports', name: 'CSV exports', type: 'boolean' },
  { key: 'single_sign_on', name: 'Single sign-on', type: 'boolean' },
  { key: 'api_calls', name: 'API calls', type: 'metered', aggregation: 'sum', group_by: ['region'] },
  { key: 'ai_summaries', name: 'AI summaries', type: 'metered', aggregation: 'count', group_by: ['model'] },
  { key: 'forecasts', name: 'Forecasts', type: 'metered', aggregation: 'count', credit_cost: 4 },
  { key: 'support_level', name: 'Support', type: 'config' },
] as const;

/** Where calls come from and what writes summaries, the most used first: what use is broken down by. */
export const regions = ['us-east', 'us-east', 'us-east', 'eu-west', 'eu-west', 'ap-south'] as const;
export const models = ['swift', 'swift', 'swift', 'thorough'] as const;

const monthly = { currency: 'usd', interval: 'month' } as const;
const yearly = { currency: 'usd', interval: 'year' } as const;

/** As it was sold at first, before its price rose. */
export const proAtFirst = {
  key: 'pro',
  name: 'Pro',
  description: 'For teams that ship reports to their customers.',
  rank: 1,
  prices: [{ ...monthly, amount: 3_900 }],
  features: [
    { feature: 'exports' },
    { feature: 'api_calls', limit: 50_000, overage: 'block' },
    { feature: 'support_level', value: 'email' },
  ],
};

/** Version 2 of Pro: dearer, with a yearly price. */
export const proNow = {
  prices: [
    { ...monthly, amount: 4_900 },
    { ...yearly, amount: 49_000 },
  ],
  features: proAtFirst.features,
};

/** Not published yet. */
export const proDraft = {
  prices: [
    { ...monthly, amount: 5_900 },
    { ...yearly, amount: 59_000 },
  ],
  features: [...proAtFirst.features, { feature: 'ai_summaries', limit: 50, overage: 'block' }],
};

export const plans = [
  {
    key: 'free',
    name: 'Free',
    description: 'Try it with a small project.',
    rank: 0,
    prices: [{ ...monthly, amount: 0 }],
    features: [
      { feature: 'api_calls', limit: 1_000, overage: 'block' },
      { feature: 'support_level', value: 'community' },
    ],
  },
  proAtFirst,
  {
    key: 'team',
    name: 'Team',
    description: 'A base fee, a seat for each colleague, and calls by use.',
    rank: 2,
    prices: [
      { ...monthly, type: 'flat', amount: 2_900 },
      { ...monthly, type: 'per_seat', amount: 1_200 },
      {
        ...monthly,
        type: 'graduated',
        feature: 'api_calls',
        tiers: [
          { up_to: 100_000, unit_amount: '0' },
          { up_to: 1_000_000, unit_amount: '0.04' },
          { up_to: null, unit_amount: '0.02' },
        ],
      },
      { ...yearly, type: 'flat', amount: 29_000 },
      { ...yearly, type: 'per_seat', amount: 12_000 },
    ],
    features: [
      { feature: 'exports' },
      { feature: 'api_calls', limit: 100_000, overage: 'allow' },
      { feature: 'ai_summaries', limit: 200, overage: 'block', caps: [{ interval: 'day', quantity: 50 }] },
      { feature: 'support_level', value: 'email' },
    ],
    spend_cap: { amount: 25_000, currency: 'usd' },
    trial: { days: 14, requires_card: false, end: 'cancel' },
  },
  {
    key: 'business',
    name: 'Business',
    description: 'Higher limits, overage instead of a stop, and somebody to call.',
    rank: 3,
    prices: [
      { ...monthly, type: 'flat', amount: 19_900 },
      { ...monthly, type: 'package', feature: 'ai_summaries', package_size: 100, unit_amount: '500' },
    ],
    features: [
      { feature: 'exports' },
      { feature: 'single_sign_on' },
      { feature: 'api_calls', limit: 500_000, overage: 'allow' },
      { feature: 'ai_summaries', limit: null, overage: 'allow' },
      { feature: 'forecasts', limit: 25, overage: 'block' },
      { feature: 'support_level', value: 'phone' },
    ],
    credits: { quantity: 200, interval: 'month', rollover: { max: 400, periods: 2 } },
  },
  {
    key: 'enterprise',
    name: 'Enterprise',
    description: 'All calls at the price of the volume reached.',
    rank: 4,
    prices: [
      { ...monthly, type: 'flat', amount: 79_900 },
      {
        ...monthly,
        type: 'volume',
        feature: 'api_calls',
        tiers: [
          { up_to: 1_000_000, unit_amount: '0.03' },
          { up_to: 5_000_000, unit_amount: '0.025' },
          { up_to: null, unit_amount: '0.02' },
        ],
      },
    ],
    features: [
      { feature: 'exports' },
      { feature: 'single_sign_on' },
      {
        feature: 'api_calls',
        limit: null,
        overage: 'allow',
        caps: [
          { interval: 'minute', quantity: 5_000 },
          { interval: 'day', quantity: 250_000 },
        ],
      },
      { feature: 'ai_summaries', limit: null, overage: 'allow' },
      { feature: 'support_level', value: 'named contact' },
    ],
  },
  {
    key: 'pay-as-you-go-india',
    name: 'Pay as you go (India)',
    description: 'A rupee for each thousand calls, invoiced by us and paid by bank transfer.',
    rank: 1,
    prices: [
      { type: 'flat', currency: 'inr', interval: 'month', amount: 99_900 },
      {
        type: 'package',
        currency: 'inr',
        interval: 'month',
        feature: 'api_calls',
        package_size: 1_000,
        unit_amount: '100',
      },
    ],
    features: [{ feature: 'exports' }, { feature: 'api_calls', limit: null, overage: 'allow' }],
  },
];

export const addOns = [
  {
    key: 'extra_calls',
    name: '100,000 more calls',
    description: 'On top of what the plan brings, each month.',
    prices: [{ ...monthly, amount: 2_500 }],
    features: [{ feature: 'api_calls', limit: 100_000, overage: 'block' }],
  },
  {
    key: 'priority_support',
    name: 'Priority support',
    description: 'An answer within the hour, at any hour.',
    prices: [{ ...monthly, amount: 9_900 }],
    features: [{ feature: 'support_level', value: 'priority' }],
  },
];

export const coupons = [
  { key: 'SPRING25', name: 'Spring sale', percent_off: 25, duration: 'repeating', duration_months: 3 },
  { key: 'PARTNER10', name: 'Partner discount', percent_off: 10, duration: 'forever' },
  { key: 'WELCOME20', name: 'Welcome', amount_off: 2_000, currency: 'usd', duration: 'once' },
];

/** Who writes the invoices that Stripe does not. */
export const invoiceSettings = {
  seller_name: 'Northwind Analytics Inc.',
  seller_address: '500 Harbor Street\nPortland, ME 04101\nUnited States',
  seller_tax_id: '12-3456789',
  tax_label: 'IGST',
  tax_rate: '18',
  payment_terms_days: 15,
  notes: 'Please transfer to First Coastal Bank, account 000123456, and name the number of the invoice.',
};
