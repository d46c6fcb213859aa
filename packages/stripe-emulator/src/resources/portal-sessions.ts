import { required, text } from '../http/params.ts';
import { route } from '../http/route.ts';
import { newId, randomText } from '../state/ids.ts';
import type { PortalSession } from '../state/tables.ts';

/** Sessions of the billing portal. Their page shows subscriptions, the card and invoices of a customer. */
export const portalSessionRoutes = [
  route(
    'POST',
    '/v1/billing_portal/sessions',
    { customer: required(text), return_url: text },
    (context, params) => {
      const customer = context.find('customer', params.customer, 'customer').id;
      const id = newId('bps');
      const session: PortalSession = {
        id,
        object: 'billing_portal.session',
        after_expiration: null,
        configuration: `bpc_${context.data.mode}_default`,
        created: context.now,
        customer,
        customer_account: null,
        flow: null,
        livemode: context.livemode,
        locale: null,
        on_behalf_of: null,
        return_url: params.return_url ?? null,
        url: `${context.baseUrl}/p/session/${id}_${randomText(24)}`,
      };
      context.data.put('billing_portal.session', session);
      context.emit('billing_portal.session.created', session);
      return session;
    },
  ),
];
