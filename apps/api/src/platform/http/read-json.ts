import { isUtf8 } from 'node:buffer';
import type { FastifyInstance, FastifyRequest } from 'fastify';

type Done = (error: Error | null, body?: unknown) => void;

/** A body that is no JSON; the message says where. */
export class UnreadableBody extends Error {
  readonly statusCode = 400;
}

/**
 * Reads a body: JSON in UTF-8, or nothing. Bytes of another encoding are not guessed at: with a mark in their place, two
 * names would become one.
 */
export function jsonReader(fastify: FastifyInstance) {
  const parse = fastify.getDefaultJsonParser('error', 'error');
  return (request: FastifyRequest, body: Buffer, done: Done): void => {
    if (body.length === 0) {
      done(null);
    } else if (isUtf8(body)) {
      void parse(request, body.toString(), (error, value) =>
        error === null ? done(null, value) : done(new UnreadableBody(whyUnreadable(body.toString()))),
      );
    } else {
      done(new UnreadableBody('The body is not text in UTF-8. Send JSON in UTF-8, not compressed.'));
    }
  };
}

function whyUnreadable(body: string): string {
  try {
    JSON.parse(body);
    return 'The body has a field __proto__, or a prototype under constructor. Leave it out.';
  } catch (error) {
    return `The body is not well-formed JSON. ${error instanceof Error ? error.message : ''}`;
  }
}
