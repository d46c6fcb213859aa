import { AppError, type ErrorFacts } from '../../platform/errors.ts';

export class EmailNotFound extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'email_not_found',
    kind: 'not_found',
    explanation: 'No e-mail of this environment has this id.',
  };
  constructor(id: string) {
    super(EmailNotFound.facts, `There is no e-mail ${id}. GET /api/v1/emails lists them.`, 'id');
  }
}
