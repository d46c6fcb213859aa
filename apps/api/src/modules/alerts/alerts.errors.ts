import { AppError, type ErrorFacts } from '../../platform/errors.ts';

export class AlertNotFound extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'alert_not_found',
    kind: 'not_found',
    explanation: 'No alert of this environment has this id.',
  };
  constructor(id: string) {
    super(AlertNotFound.facts, `There is no alert ${id}. GET /api/v1/alerts lists them.`, 'id');
  }
}

export class SlackUrlNotAllowed extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'slack_url_not_allowed',
    kind: 'invalid',
    explanation: 'The address must be https, and on the public internet.',
  };
  constructor(reason: string) {
    super(SlackUrlNotAllowed.facts, `This address is not called: ${reason}.`, 'slack_webhook_url');
  }
}

export class SlackNotSet extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'slack_not_set',
    kind: 'conflict',
    explanation: 'No Slack webhook is set. Set one with PATCH /api/v1/notification-settings.',
  };
  constructor() {
    super(
      SlackNotSet.facts,
      'No Slack webhook is set. Set one with PATCH /api/v1/notification-settings first.',
    );
  }
}

export class SlackDidNotTakeIt extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'slack_did_not_take_it',
    kind: 'conflict',
    explanation: 'Slack did not take the message; the error says what it answered.',
  };
  constructor(reason: string, cause?: unknown) {
    super(SlackDidNotTakeIt.facts, `Slack did not take the message: ${reason}`, undefined, { cause });
  }
}
