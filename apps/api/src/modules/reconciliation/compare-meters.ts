import { Injectable } from '@nestjs/common';
import { Clock } from '../../platform/clock.ts';
import { MeterDrift } from '../usage/meter-drift.ts';
import { type Found, type Phase, type PhaseContext, sinceLastRun } from './phase.ts';

/** One request for each: a meter is asked about one customer at a time. */
const customersAtOnce = 50;

/** What was told to Stripe's meters since the last run, beside what they counted. */
@Injectable()
export class CompareMeters implements Phase {
  readonly name = 'meters';

  constructor(
    private readonly meters: MeterDrift,
    private readonly clock: Clock,
  ) {}

  async step(context: PhaseContext, cursor: string | null) {
    const { checked, found, next } = await this.meters.step(context.environment_id, context.connection, {
      since: sinceLastRun(context, this.clock.now()),
      after: cursor,
      limit: customersAtOnce,
    });
    return {
      checked,
      found: found.map(
        ({
          customer_id: customerId,
          meter_id: meterId,
          stripe_meter_id: stripeId,
          ...difference
        }): Found => ({
          kind: 'meter',
          cause: 'meter_drift',
          object_id: `${customerId} ${meterId}`,
          stripe_object_id: stripeId,
          ...difference,
        }),
      ),
      next,
    };
  }
}
