import { Controller, Get } from '@nestjs/common';
import { EnvironmentId } from '../../platform/auth/caller.ts';
import { Requires } from '../../platform/auth/requires.ts';
import { Returns } from '../../platform/http/returns.ts';
import { onboarding } from './merchants.schemas.ts';
import { OnboardingService } from './onboarding.service.ts';

@Controller('onboarding')
export class OnboardingController {
  constructor(private readonly service: OnboardingService) {}

  /** How far the environment is set up. */
  @Get()
  @Requires('environment:read', { audience: 'dashboard' })
  @Returns(200, onboarding)
  async getOnboarding(@EnvironmentId() environmentId: string) {
    return { steps: await this.service.list(environmentId) };
  }
}
