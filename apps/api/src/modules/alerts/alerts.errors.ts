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

export class ChannelUrlNotAllowed extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'channel_url_not_allowed',
    kind: 'invalid',
    explanation: 'The address must be https, and on the public internet.',
  };
  constructor(reason: string, param: 'slack_webhook_url' | 'webhook_url') {
    super(ChannelUrlNotAllowed.facts, `This address is not called: ${reason}.`, param);
  }
}

export class ChannelNotSet extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'channel_not_set',
    kind: 'conflict',
    explanation: 'This channel has no address. Set one with PATCH /api/v1/notification-settings.',
  };
  constructor(channel: string) {
    super(
      ChannelNotSet.facts,
      `No address is set for ${channel}. Set one with PATCH /api/v1/notification-settings first.`,
    );
  }
}

export class ChannelDidNotTakeIt extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'channel_did_not_take_it',
    kind: 'conflict',
    explanation: 'The address did not take the message; the error says what it answered.',
  };
  constructor(reason: string, cause?: unknown) {
    super(ChannelDidNotTakeIt.facts, `The message was not taken: ${reason}`, undefined, { cause });
  }
}
