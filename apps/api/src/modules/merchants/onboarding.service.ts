import { Injectable } from '@nestjs/common';
import { Clock } from '../../platform/clock.ts';
import { Database } from '../../platform/database/database.ts';
import { type OnboardingStep, onboardingSteps } from './merchants.schemas.ts';
import { OnboardingRepository } from './onboarding.repository.ts';

/** The checklist that ticks itself: each module reports the first time its step happened. */
@Injectable()
export class OnboardingService {
  constructor(
    private readonly database: Database,
    private readonly steps: OnboardingRepository,
    private readonly clock: Clock,
  ) {}

  async list(environmentId: string) {
    const done = await this.database.tenant(environmentId, () => this.steps.list(environmentId));
    return onboardingSteps.map((step) => ({ step, done_at: done.get(step) ?? null }));
  }

  /** Marks a step as done, in the open transaction or one of its own. Later times change nothing. */
  complete(environmentId: string, step: OnboardingStep): Promise<void> {
    return this.database.tenant(environmentId, () =>
      this.steps.insert(environmentId, step, this.clock.now()),
    );
  }
}
