import { invalid } from '../http/errors.ts';
import { page, pageFields } from '../http/pagination.ts';
import { clearable, flag, list, mergedMetadata, metadata, required, text } from '../http/params.ts';
import { route } from '../http/route.ts';
import { API_VERSION } from '../state/api-version.ts';
import { newId, randomText } from '../state/ids.ts';
import type { WebhookEndpoint } from '../state/tables.ts';

const createFields = {
  api_version: text,
  connect: flag,
  description: clearable(text),
  enabled_events: required(list(text)),
  metadata,
  url: required(text),
};
const updateFields = {
  description: clearable(text),
  disabled: flag,
  enabled_events: list(text),
  metadata,
  url: text,
};

export const webhookEndpointRoutes = [
  route('POST', '/v1/webhook_endpoints', createFields, (context, params) => {
    if (!URL.canParse(params.url))
      throw invalid(
        'Invalid URL: An explicit scheme (such as https) must be provided.',
        'url',
        'url_invalid',
      );
    const secret = `whsec_${randomText(32)}`;
    const endpoint: WebhookEndpoint = {
      id: newId('we'),
      object: 'webhook_endpoint',
      api_version: params.api_version ?? API_VERSION,
      application: null,
      created: context.now,
      deleted: undefined,
      description: params.description ?? null,
      enabled_events: params.enabled_events,
      livemode: context.livemode,
      metadata: mergedMetadata(null, params.metadata),
      secret: undefined,
      status: 'enabled',
      url: params.url,
    };
    context.data.put('webhook_endpoint', endpoint);
    context.data.put('_webhook_secret', { id: endpoint.id, secret, connect: params.connect ?? false });
    // The secret is told once, in the answer to its creation.
    return { ...endpoint, secret };
  }),
  route('GET', '/v1/webhook_endpoints', pageFields, ({ data }, params) =>
    page(data.all('webhook_endpoint'), params, '/v1/webhook_endpoints'),
  ),
  route('GET', '/v1/webhook_endpoints/:id', {}, (context, _params, { id }) =>
    context.find('webhook_endpoint', id),
  ),
  route('POST', '/v1/webhook_endpoints/:id', updateFields, (context, params, { id }) => {
    const before = context.find('webhook_endpoint', id);
    const after: WebhookEndpoint = {
      ...before,
      description: params.description === undefined ? before.description : params.description,
      enabled_events: params.enabled_events ?? before.enabled_events,
      metadata: mergedMetadata(before.metadata, params.metadata),
      status: params.disabled === undefined ? before.status : params.disabled ? 'disabled' : 'enabled',
      url: params.url ?? before.url,
    };
    context.data.put('webhook_endpoint', after);
    return after;
  }),
  route('DELETE', '/v1/webhook_endpoints/:id', {}, (context, _params, { id }) => {
    context.data.remove('webhook_endpoint', context.find('webhook_endpoint', id).id);
    context.data.remove('_webhook_secret', id);
    return { id, object: 'webhook_endpoint', deleted: true };
  }),
];
