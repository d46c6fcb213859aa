import { AppError, type ErrorFacts } from '../errors.ts';

export class JobNotFound extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'job_not_found',
    kind: 'not_found',
    explanation: 'No job of this environment has this id.',
  };
  constructor(id: string) {
    super(JobNotFound.facts, `There is no job ${id}. GET /api/v1/jobs lists them.`, 'id');
  }
}

export class JobNotFailed extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'job_not_failed',
    kind: 'conflict',
    explanation: 'Only a job that used up its attempts can be run again by hand.',
  };
  constructor(id: string, state: string) {
    super(JobNotFailed.facts, `The job ${id} is ${state}: only a failed one can be run again.`, 'id');
  }
}
