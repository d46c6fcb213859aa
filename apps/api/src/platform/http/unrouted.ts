import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { newId } from '../ids.ts';
import type { ErrorFilter } from './error-filter.ts';

/** The status of what Node's parser of HTTP refuses. */
function statusOf(error: Error): number {
  const code = 'code' in error ? error.code : undefined;
  return code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 408 : code === 'HPE_HEADER_OVERFLOW' ? 431 : 400;
}

/** Answers what is no request at all, in the shape of any other refusal, and hangs up. */
export function hangUp(errors: ErrorFilter, headers: Record<string, string>, error: Error, socket: Socket) {
  if (socket.writable && !('code' in error && error.code === 'ECONNRESET')) {
    const statusCode = statusOf(error);
    const requestId = newId('request');
    const { status, body } = errors.refusal({ statusCode }, requestId);
    const text = JSON.stringify(body);
    const head = Object.entries({
      ...headers,
      'cache-control': 'no-store',
      'x-request-id': requestId,
      'content-type': 'application/json; charset=utf-8',
      'content-length': Buffer.byteLength(text),
      connection: 'close',
    }).map(([name, value]) => `${name}: ${value}\r\n`);
    socket.write(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${head.join('')}\r\n${text}`);
  }
  socket.destroy(error);
}
