import { missing } from '../http/errors.ts';
import { page, pageFields, within } from '../http/pagination.ts';
import { oneOf, range, required, text, type Params } from '../http/params.ts';
import { route } from '../http/route.ts';
import type { Subscription } from '../state/tables.ts';
import {
  cancelFields,
  cancelNow,
  resumeFields,
  resumeSubscription,
  updateFields,
  updateSubscription,
} from './change-subscription.ts';
import { discountsOf, takeDiscounts } from './discounts.ts';
import { createSubscription, newSubscriptionFields } from './create-subscription.ts';

const STATUSES = [
  'active',
  'canceled',
  'incomplete',
  'incomplete_expired',
  'past_due',
  'paused',
  'trialing',
  'unpaid',
] as const;
const listFields = {
  ...pageFields,
  collection_method: oneOf('charge_automatically', 'send_invoice'),
  created: range,
  customer: text,
  price: text,
  status: oneOf(...STATUSES, 'all', 'ended'),
};

export const subscriptionRoutes = [
  route('POST', '/v1/subscriptions', newSubscriptionFields, (context, params) =>
    createSubscription(context, params, false),
  ),
  route('GET', '/v1/subscriptions', listFields, ({ data }, params) =>
    page(data.all('subscription'), params, '/v1/subscriptions', (subscription) =>
      isListed(subscription, params),
    ),
  ),
  route('GET', '/v1/subscriptions/:id', {}, (context, _params, { id }) => context.find('subscription', id)),
  route('POST', '/v1/subscriptions/:id', updateFields, (context, params, { id }) =>
    updateSubscription(context, id, params),
  ),
  route('DELETE', '/v1/subscriptions/:id', cancelFields, (context, params, { id }) =>
    cancelNow(context, id, params),
  ),
  route('POST', '/v1/subscriptions/:id/resume', resumeFields, (context, params, { id }) =>
    resumeSubscription(context, id, params),
  ),
  route('DELETE', '/v1/subscriptions/:id/discount', {}, (context, _params, { id }) => {
    const subscription = context.find('subscription', id);
    const [first] = discountsOf(subscription);
    if (first === undefined) throw missing('discount', id);
    takeDiscounts(context, subscription, discountsOf(subscription));
    return { id: first, object: 'discount', deleted: true };
  }),
  route(
    'GET',
    '/v1/subscription_items',
    { ...pageFields, subscription: required(text) },
    (context, params) => {
      const { items } = context.find('subscription', params.subscription, 'subscription');
      return page([...items.data].reverse(), params, '/v1/subscription_items');
    },
  ),
];

function isListed(subscription: Subscription, params: Params<typeof listFields>): boolean {
  const ended = subscription.status === 'canceled' || subscription.status === 'incomplete_expired';
  const byStatus =
    params.status === undefined
      ? subscription.status !== 'canceled'
      : params.status === 'all' ||
        (params.status === 'ended' ? ended : subscription.status === params.status);
  return (
    byStatus &&
    (params.collection_method === undefined || subscription.collection_method === params.collection_method) &&
    (params.customer === undefined || subscription.customer === params.customer) &&
    (params.price === undefined || subscription.items.data.some(({ price }) => price.id === params.price)) &&
    within(subscription.created, params.created)
  );
}
