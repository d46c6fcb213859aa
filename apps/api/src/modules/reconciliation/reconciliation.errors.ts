import { AppError, type ErrorFacts } from '../../platform/errors.ts';

export class RunNotFound extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'reconciliation_run_not_found',
    kind: 'not_found',
    explanation: 'No reconciliation of this environment has this id.',
  };
  constructor(id: string, param: string) {
    super(
      RunNotFound.facts,
      `There is no reconciliation ${id}. GET /api/v1/reconciliation/runs lists them.`,
      param,
    );
  }
}
