import { createServer, type Server, type ServerResponse } from 'node:http';
import { Injectable } from '@nestjs/common';
import { Env } from '../../env.ts';
import { MetricsReport } from '../http/metrics-report.ts';

/** What a worker tells whoever watches it, at WORKER_PORT: `/health/live` and `/metrics`. It serves nothing else. */
@Injectable()
export class WorkerStatus {
  private server: Server | undefined;

  constructor(
    private readonly env: Env,
    private readonly metrics: MetricsReport,
  ) {}

  /** Does nothing when WORKER_PORT is not set. */
  async start(): Promise<void> {
    const port = this.env.get('WORKER_PORT');
    if (port === undefined) {
      return;
    }
    const server = createServer((request, response) => {
      this.answer(request.url ?? '/', request.headers.authorization, response).catch(() => {
        response.writeHead(503).end();
      });
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, '0.0.0.0', resolve);
    });
    this.server = server;
  }

  stop(): void {
    this.server?.close();
    this.server?.closeAllConnections();
  }

  private async answer(
    url: string,
    authorization: string | undefined,
    response: ServerResponse,
  ): Promise<void> {
    if (url === '/health/live') {
      response.writeHead(200, { 'Content-Type': 'application/json' }).end('{"status":"up"}');
    } else if (url !== '/metrics') {
      response.writeHead(404).end();
    } else if (!this.metrics.mayRead(authorization)) {
      response.writeHead(401).end();
    } else {
      const body = await this.metrics.render();
      response.writeHead(200, { 'Content-Type': this.metrics.contentType }).end(body);
    }
  }
}
