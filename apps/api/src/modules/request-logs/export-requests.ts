import { Readable } from 'node:stream';
import { Injectable } from '@nestjs/common';
import type { z } from 'zod';
import type { exportRequests } from './request-logs.schemas.ts';
import { RequestLogsService } from './request-logs.service.ts';

const columns = [
  'id',
  'timestamp',
  'method',
  'endpoint',
  'status_code',
  'response_time_ms',
  'customer',
  'project',
  'key',
] as const;

@Injectable()
export class ExportRequests {
  constructor(private readonly logs: RequestLogsService) {}

  /** All calls as text, made while it is read: memory holds a page of them, however many there are. */
  stream(environmentId: string, query: z.output<typeof exportRequests>): { type: string; body: Readable } {
    const { logs } = this;
    async function* lines(): AsyncGenerator<string> {
      if (query.format === 'csv') {
        yield `${columns.join(',')}\r\n`;
      }
      for await (const page of logs.all(environmentId, query)) {
        yield page
          .map((log) =>
            query.format === 'json'
              ? `${JSON.stringify(log)}\n`
              : `${columns.map((column) => cell(log[column])).join(',')}\r\n`,
          )
          .join('');
      }
    }
    return {
      type: query.format === 'csv' ? 'text/csv; charset=utf-8' : 'application/x-ndjson; charset=utf-8',
      body: Readable.from(lines()),
    };
  }
}

/** As RFC 4180 has it. What a spreadsheet would run as a formula begins with an apostrophe. */
function cell(value: string | number | Date | null): string {
  const text = value === null ? '' : value instanceof Date ? value.toISOString() : String(value);
  const harmless = typeof value === 'string' && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}
