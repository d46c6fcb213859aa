/** What is refused before a handler is reached, or what goes wrong behind it: the shape is the same as any refusal's. */
export interface TransportRefusal {
  code: string;
  message: string;
  explanation: string;
}

const refusals = new Map<number, TransportRefusal>([
  [
    400,
    {
      code: 'unreadable_request',
      message: 'The request could not be read. Check its address and its headers.',
      explanation: 'The body is not well-formed JSON in UTF-8, or the address or a header is broken.',
    },
  ],
  [
    404,
    {
      code: 'route_not_found',
      message: 'There is no route with this method and path. GET /api-docs-json lists them all.',
      explanation: 'No route has this method and path.',
    },
  ],
  [
    408,
    {
      code: 'request_timeout',
      message: 'The request did not come to its end in time. Send it again.',
      explanation: 'The head or the body of the request took longer than 30 seconds to arrive.',
    },
  ],
  [
    413,
    {
      code: 'body_too_large',
      message:
        'The body is too large. Send at most 256 KB, and batches of at most 1 MB: divide what you have into several.',
      explanation: 'The body is larger than 256 KB, or that of a batch larger than 1 MB.',
    },
  ],
  [
    415,
    {
      code: 'unsupported_media_type',
      message: 'Send the body as application/json.',
      explanation: 'The Content-Type is not application/json.',
    },
  ],
  [
    431,
    {
      code: 'headers_too_large',
      message: 'The address and the headers are too large. Keep them below 16 KB together.',
      explanation: 'The address and the headers of the request are larger than 16 KB together.',
    },
  ],
  [
    500,
    {
      code: 'internal_error',
      message:
        'Something went wrong on our side. Repeat the request; if it fails again, send us the request_id.',
      explanation: 'A defect on our side. Repeating with the same Idempotency-Key is safe.',
    },
  ],
]);

/** The refusal of a status; for one that is not listed, that of its class. */
export function transportRefusal(status: number): TransportRefusal {
  const refusal = refusals.get(status) ?? refusals.get(status < 500 ? 400 : 500);
  if (refusal === undefined) {
    throw new Error(`There is no refusal for status ${status}.`);
  }
  return refusal;
}

/** All of them with their status, for the documentation. */
export function transportRefusals(): readonly (TransportRefusal & { status: number })[] {
  return [...refusals].map(([status, refusal]) => ({ status, ...refusal }));
}
