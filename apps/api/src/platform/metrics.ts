import { Injectable } from '@nestjs/common';
import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';

/** Prometheus metrics of this process, served at `/metrics`. */
@Injectable()
export class Metrics {
  readonly registry = new Registry();

  readonly requestSeconds = new Histogram({
    name: 'billingos_http_request_seconds',
    help: 'Time to answer a request, by route and status.',
    labelNames: ['method', 'route', 'status'] as const,
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
    registers: [this.registry],
  });

  readonly jobSeconds = new Histogram({
    name: 'billingos_job_seconds',
    help: 'Time to run a job, by name and outcome.',
    labelNames: ['name', 'outcome'] as const,
    buckets: [0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 30],
    registers: [this.registry],
  });

  readonly outboxWaiting = new Gauge({
    name: 'billingos_outbox_waiting',
    help: 'Jobs that are due and not finished.',
    registers: [this.registry],
  });

  readonly outboxOldestSeconds = new Gauge({
    name: 'billingos_outbox_oldest_seconds',
    help: 'Age of the oldest job that is due and not finished.',
    registers: [this.registry],
  });

  readonly outboxFailed = new Gauge({
    name: 'billingos_outbox_failed',
    help: 'Jobs that used up their attempts and wait for a person.',
    registers: [this.registry],
  });

  readonly checks = new Counter({
    name: 'billingos_entitlement_checks_total',
    help: 'Entitlement checks by where the answer came from.',
    labelNames: ['source'] as const,
    registers: [this.registry],
  });

  readonly usageEvents = new Counter({
    name: 'billingos_usage_events_total',
    help: 'Usage events by outcome.',
    labelNames: ['outcome'] as const,
    registers: [this.registry],
  });

  constructor() {
    collectDefaultMetrics({ register: this.registry });
  }
}
