import { AppError, type ErrorFacts } from '../../platform/errors.ts';

export class DiscrepancyNotFound extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'discrepancy_not_found',
    kind: 'not_found',
    explanation: 'No discrepancy of this environment has this id.',
  };
  constructor(id: string) {
    super(
      DiscrepancyNotFound.facts,
      `There is no discrepancy ${id}. GET /api/v1/reconciliation/discrepancies lists them.`,
      'id',
    );
  }
}

export class DiscrepancyNotSettledByHand extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'discrepancy_not_settled_by_hand',
    kind: 'conflict',
    explanation:
      'Only differences of usage are settled by hand. What else differs, the next reconciliation repairs.',
  };
  constructor(id: string) {
    super(
      DiscrepancyNotSettledByHand.facts,
      `${id} is not about usage. Run a reconciliation: it takes over what Stripe says.`,
      'id',
    );
  }
}

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
