import { page, pageFields, within } from '../http/pagination.ts';
import { flag, list, range, text } from '../http/params.ts';
import { route } from '../http/route.ts';

const listFields = { ...pageFields, created: range, delivery_success: flag, type: text, types: list(text) };

export const eventRoutes = [
  route('GET', '/v1/events', listFields, ({ data }, params) =>
    page(
      data.all('event'),
      params,
      '/v1/events',
      (event) =>
        (params.type === undefined || matches(params.type, event.type)) &&
        (params.types === undefined || params.types.some((type) => matches(type, event.type))) &&
        (params.delivery_success === undefined ||
          (event.pending_webhooks === 0) === params.delivery_success) &&
        within(event.created, params.created),
    ),
  ),
  route('GET', '/v1/events/:id', {}, (context, _params, { id }) => context.find('event', id)),
];

/** Whether a type is the one asked for; `invoice.*` asks for all of a noun. */
function matches(asked: string, type: string): boolean {
  return asked.endsWith('*') ? type.startsWith(asked.slice(0, -1)) : type === asked;
}
