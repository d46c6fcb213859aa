import { Injectable } from '@nestjs/common';
import { pino, type DestinationStream, type Logger } from 'pino';
import { Env } from '../env.ts';
import { requestContext } from './request-context.ts';

type Fields = Record<string, string | number | boolean | null | undefined | Error>;

/** Never written, wherever they stand: credentials, and what identifies a person. */
const redacted = ['authorization', 'cookie', 'email', 'secret', 'token', 'password'].flatMap((name) => [
  name,
  `*.${name}`,
]);

/**
 * Structured logs: an event name and snake_case fields, never payloads. Request, environment and job ids come from
 * the context. `warn`: someone should look this week. `error`: wake someone.
 */
@Injectable()
export class Log {
  private readonly logger: Logger;

  constructor(env: Env) {
    this.logger = createLogger(env.get('LOG_LEVEL'));
  }

  info(event: string, fields: Fields = {}): void {
    if (this.logger.isLevelEnabled('info')) {
      this.logger.info({ ...ids(), ...fields }, event);
    }
  }

  warn(event: string, fields: Fields = {}): void {
    this.logger.warn({ ...ids(), ...fields }, event);
  }

  error(event: string, fields: Fields = {}): void {
    this.logger.error({ ...ids(), ...fields }, event);
  }
}

export function createLogger(level: string, destination?: DestinationStream): Logger {
  return pino(
    {
      level,
      base: null,
      messageKey: 'event',
      errorKey: 'error',
      redact: { paths: redacted, censor: '[redacted]' },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    destination ?? pino.destination(1),
  );
}

function ids(): Fields {
  const context = requestContext.current();
  return context === undefined
    ? {}
    : { request_id: context.request_id, environment_id: context.environment_id, job_id: context.job_id };
}
