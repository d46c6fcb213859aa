import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { Env } from '../../env.ts';
import { AppError, isDatabaseAway, ServiceUnavailable } from '../errors.ts';
import { Log } from '../log.ts';
import { requestContext } from '../request-context.ts';
import { statusOf } from './status.ts';

interface Answer {
  status: number;
  code: string;
  message: string;
  param?: string;
}

/** Every error leaves in one shape: `{ error: { code, message, param?, doc_url, request_id } }`. */
@Catch()
export class ErrorFilter implements ExceptionFilter {
  constructor(
    private readonly env: Env,
    private readonly log: Log,
  ) {}

  catch(exception: unknown, host: ArgumentsHost): void {
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    const { status, code, message, param } = this.answer(exception);
    const requestId = requestContext.current()?.request_id ?? 'req_unknown';
    if (status === 401) {
      reply.header('WWW-Authenticate', 'Bearer');
    }
    if (status === 503) {
      reply.header('Retry-After', '1');
    }
    reply.status(status).send({
      error: {
        code,
        message,
        ...(param === undefined ? {} : { param }),
        doc_url: `${this.env.get('WEB_URL')}/docs/errors#${code}`,
        request_id: requestId,
      },
    });
  }

  private answer(exception: unknown): Answer {
    const error = isDatabaseAway(exception) ? new ServiceUnavailable(exception) : exception;
    if (error instanceof AppError) {
      if (error.kind === 'unavailable') {
        this.log.error('request.unavailable', { code: error.code, error: asError(error.cause) });
      }
      return {
        status: statusOf(error.kind),
        code: error.code,
        message: error.message,
        ...(error.param === undefined ? {} : { param: error.param }),
      };
    }
    const status = httpStatus(error);
    if (status !== undefined && status < 500) {
      return { status, ...(transportRefusals[status] ?? unreadable) };
    }
    this.log.error('request.failed', { error: asError(error) });
    return {
      status: 500,
      code: 'internal_error',
      message:
        'Something went wrong on our side. Repeat the request; if it fails again, send us the request_id.',
    };
  }
}

const unreadable = {
  code: 'unreadable_request',
  message: 'The request could not be read. Send well-formed JSON.',
};

/** What Fastify and Nest refuse before a handler is reached. */
const transportRefusals: Record<number, { code: string; message: string }> = {
  404: { code: 'route_not_found', message: 'There is no such route. GET /api-docs lists them all.' },
  413: {
    code: 'body_too_large',
    message: 'The body is too large. Send at most 1 MB, and at most 1,000 events at once.',
  },
  415: { code: 'unsupported_media_type', message: 'Send the body as application/json.' },
};

function httpStatus(error: unknown): number | undefined {
  if (error instanceof HttpException) {
    return error.getStatus();
  }
  return error instanceof Error && 'statusCode' in error && typeof error.statusCode === 'number'
    ? error.statusCode
    : undefined;
}

function asError(cause: unknown): Error | undefined {
  return cause instanceof Error ? cause : undefined;
}
