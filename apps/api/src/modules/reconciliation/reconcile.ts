import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Clock } from '../../platform/clock.ts';
import { Database } from '../../platform/database/database.ts';
import { AppError } from '../../platform/errors.ts';
import { newId } from '../../platform/ids.ts';
import { JobHandlers } from '../../platform/jobs/job-handlers.ts';
import { Outbox } from '../../platform/jobs/outbox.ts';
import { Sweeper } from '../../platform/jobs/sweeper.ts';
import { requestContext } from '../../platform/request-context.ts';
import { Connections } from '../../stripe/connections.ts';
import { StripeUnavailable } from '../../stripe/stripe.errors.ts';
import { AlertsService } from '../alerts/alerts.service.ts';
import { AuditService } from '../audit/audit.service.ts';
import { EventsUnderWay } from '../webhooks/events-under-way.ts';
import type { Found, Phase, PhaseContext } from './phase.ts';
import { Phases } from './phases.ts';
import { reconcile } from './reconciliation.jobs.ts';
import { ReconciliationRepository } from './reconciliation.repository.ts';

const lookEveryMs = 60_000;
const everySeconds = 3_600;
/** A run that did not move on for so long is given up, and a new one may begin. */
const stuckSeconds = 7_200;
const environmentsAtOnce = 100;
/** Of a job. What is left is for the next one. */
const workMs = 200_000;
const repairsAtOnce = 5;
/** So many say that something is wrong with more than a few lost events. */
const tolerated = 10;
/** So long an event may be on its way before it counts as lost. */
const underWayMs = 5 * 60_000;
const alertKey = 'reconciliation';

type Trigger = 'schedule' | 'manual' | 'connected';
type Run = NonNullable<Awaited<ReturnType<ReconciliationRepository['find']>>>;

/**
 * Compares everything with Stripe, page by page, and makes ours say what Stripe says. After each page the place is
 * committed, so that a crash repeats a page; and what is found is noted before it is repaired.
 */
@Injectable()
export class Reconcile implements OnModuleInit {
  constructor(
    private readonly database: Database,
    private readonly runs: ReconciliationRepository,
    private readonly phases: Phases,
    private readonly connections: Connections,
    private readonly underWay: EventsUnderWay,
    private readonly alerts: AlertsService,
    private readonly audit: AuditService,
    private readonly outbox: Outbox,
    private readonly handlers: JobHandlers,
    private readonly sweeper: Sweeper,
    private readonly clock: Clock,
  ) {}

  onModuleInit(): void {
    this.handlers.register(reconcile, ({ run_id: id }, { environment_id: environmentId, signal }) =>
      this.goOn(environmentId, id, signal),
    );
    this.sweeper.register({
      name: 'reconciliation.due',
      every_ms: lookEveryMs,
      run: () => this.startDue(),
    });
  }

  /** Begins a run in every environment whose last one began an hour ago. */
  async startDue(): Promise<void> {
    const now = this.clock.now();
    const due = await this.runs.due(now, everySeconds, stuckSeconds, environmentsAtOnce);
    for (const environmentId of due) {
      await this.start(environmentId, 'schedule');
    }
  }

  /** Begins a run, or returns the one that is under way. Throws `StripeNotConnected` when there is nothing to compare with. */
  async start(environmentId: string, trigger: Trigger): Promise<string> {
    await this.connections.of(environmentId);
    return this.database.tenant(environmentId, async () => {
      const now = this.clock.now();
      const running = await this.runs.findRunning(environmentId);
      if (running !== undefined && now.getTime() - running.progressed_at.getTime() < stuckSeconds * 1_000) {
        return running.id;
      }
      if (running !== undefined) {
        await this.runs.finish(environmentId, running.id, {
          state: 'failed',
          error: 'It did not move on. What it had found is noted; the next run begins anew.',
          finished_at: now,
        });
      }
      const last = await this.runs.lastDone(environmentId);
      const id = newId('reconciliation_run');
      const begun = await this.runs.insert(environmentId, {
        id,
        trigger,
        phase: this.phases.first.name,
        compared_since: last?.started_at ?? null,
        started_at: now,
      });
      if (!begun) {
        // Somebody else was faster by a moment.
        return (await this.runs.findRunning(environmentId))?.id ?? id;
      }
      await this.outbox.add(environmentId, reconcile, { run_id: id });
      if (trigger === 'manual') {
        await this.audit.record(environmentId, {
          action: 'reconciliation.started',
          target: { type: 'reconciliation_run', id },
        });
      }
      return id;
    });
  }

  private async goOn(environmentId: string, id: string, signal: AbortSignal): Promise<void> {
    const until = performance.now() + workMs;
    const load = () => this.database.tenant(environmentId, () => this.runs.find(environmentId, id));
    let run = await load();
    while (run?.state === 'running' && !signal.aborted) {
      if (performance.now() > until) {
        await this.database.tenant(environmentId, () =>
          this.outbox.add(environmentId, reconcile, { run_id: id }),
        );
        return;
      }
      const connection = await this.connections.find(environmentId);
      if (connection === undefined) {
        await this.end(environmentId, run, 'Stripe was disconnected meanwhile.');
        return;
      }
      const phase = this.phases.named(run.phase);
      if (phase === undefined) {
        await this.end(environmentId, run, null);
      } else if (
        !(await this.step(run, phase, {
          environment_id: environmentId,
          run_id: id,
          connection,
          compared_since: run.compared_since,
        }))
      ) {
        return;
      }
      run = await load();
    }
  }

  /** False when somebody else goes on with the run. */
  private async step(run: Run, phase: Phase, context: PhaseContext): Promise<boolean> {
    const { environment_id: environmentId } = context;
    const before = requestContext.current()?.stripe_requests ?? 0;
    const begunAt = this.clock.now();
    const { checked, found, next } = await phase.step(context, run.cursor);
    const expected = await this.expected(context, found, begunAt);
    for (let i = 0; i < found.length; i += repairsAtOnce) {
      await Promise.all(
        found
          .slice(i, i + repairsAtOnce)
          .map((one) => (expected.has(one) ? one.repair() : this.repair(environmentId, run.id, one))),
      );
    }
    const requests = (requestContext.current()?.stripe_requests ?? 0) - before;
    return this.database.tenant(environmentId, () =>
      this.runs.progress(environmentId, run, {
        ...(next === null
          ? { phase: this.phases.after(phase.name), cursor: null }
          : { phase: phase.name, cursor: next }),
        checked: JSON.stringify(added(run.checked, phase.name, checked)),
        requests,
        progressed_at: this.clock.now(),
      }),
    );
  }

  /** What we are about to hear of anyway. It is taken over like the rest, but nothing went wrong with it. */
  private async expected(context: PhaseContext, found: Found[], begunAt: Date): Promise<Set<Found>> {
    if (!found.some(isToldByEvents)) {
      return new Set();
    }
    const changing = await this.underWay.objects(context.environment_id, context.connection, {
      since: new Date(this.clock.now().getTime() - underWayMs),
      before: begunAt,
    });
    return new Set(found.filter((one) => isToldByEvents(one) && changing.has(one.stripe_object_id ?? '')));
  }

  private async repair(environmentId: string, runId: string, found: Found): Promise<void> {
    const id = await this.database.tenant(environmentId, () =>
      this.runs.note(environmentId, runId, newId('discrepancy'), found, this.clock.now()),
    );
    let note: string | null;
    try {
      note = await found.repair();
    } catch (error) {
      // Nobody knows: the step is repeated. A refusal is an answer, and the others go on.
      if (!(error instanceof AppError) || error instanceof StripeUnavailable) {
        throw error;
      }
      note = error.message;
    }
    await this.database.tenant(environmentId, () =>
      this.runs.settle(environmentId, id, { repaired_at: note === null ? this.clock.now() : null, note }),
    );
  }

  private end(environmentId: string, run: Run, error: string | null): Promise<void> {
    return this.database.tenant(environmentId, async () => {
      await this.runs.finish(environmentId, run.id, {
        state: error === null ? 'done' : 'failed',
        error,
        finished_at: this.clock.now(),
      });
      const ended = await this.runs.find(environmentId, run.id);
      const found = ended?.found ?? 0;
      if (found > tolerated) {
        await this.alerts.raise(environmentId, {
          kind: 'reconciliation.drift',
          dedupe_key: alertKey,
          title: `${found} discrepancies with Stripe`,
          detail: `${ended?.repaired ?? 0} of them are repaired: what Stripe says holds. Look at the reconciliation page for what differed, and whether webhooks arrive.`,
          target: { type: 'reconciliation_run', id: run.id },
        });
      } else if (found === 0 && error === null) {
        await this.alerts.resolve(environmentId, alertKey);
      }
    });
  }
}

/** Whether Stripe sends an event when it changes there. */
function isToldByEvents({ kind }: Found): boolean {
  return kind === 'subscription' || kind === 'invoice' || kind === 'customer';
}

function added(checked: unknown, phase: string, count: number): Record<string, unknown> {
  const counts: Record<string, unknown> = { ...Object(checked) };
  return { ...counts, [phase]: Number(counts[phase] ?? 0) + count };
}
