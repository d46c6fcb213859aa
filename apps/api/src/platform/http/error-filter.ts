import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { Env } from '../../env.ts';
import { AppError, isDatabaseAway, ServiceUnavailable } from '../errors.ts';
import { Log } from '../log.ts';
import { requestContext } from '../request-context.ts';
import { UnreadableBody } from './read-json.ts';
import { statusOf } from './status.ts';
import { transportRefusal } from './transport-refusals.ts';

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
    this.answerTo(host.switchToHttp().getResponse<FastifyReply>(), exception);
  }

  /** Answers a request with what went wrong. */
  answerTo(reply: FastifyReply, exception: unknown): FastifyReply {
    const { status, body } = this.refusal(exception, requestContext.current()?.request_id ?? 'req_unknown');
    if (status === 401) {
      reply.header('WWW-Authenticate', 'Bearer');
    }
    if (status === 503 || status === 429) {
      reply.header('Retry-After', '1');
    }
    if (exception instanceof AppError) {
      reply.headers(exception.headers);
    }
    return reply.status(status).send(body);
  }

  /** What is said about what went wrong. */
  refusal(exception: unknown, requestId: string) {
    const { status, code, message, param } = this.answer(exception);
    return {
      status,
      body: {
        error: {
          code,
          message,
          ...(param === undefined ? {} : { param }),
          doc_url: `${this.env.get('WEB_URL')}/docs/errors#${code}`,
          request_id: requestId,
        },
      },
    };
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
    const status = httpStatus(error) ?? 500;
    if (status >= 500) {
      this.log.error('request.failed', { error: asError(error) });
    }
    const { code, message } = transportRefusal(status);
    return {
      status: Math.min(status, 500),
      code,
      message: error instanceof UnreadableBody ? error.message : message,
    };
  }
}

function httpStatus(error: unknown): number | undefined {
  if (error instanceof HttpException) {
    return error.getStatus();
  }
  return typeof error === 'object' &&
    error !== null &&
    'statusCode' in error &&
    typeof error.statusCode === 'number'
    ? error.statusCode
    : undefined;
}

function asError(cause: unknown): Error | undefined {
  return cause instanceof Error ? cause : undefined;
}
