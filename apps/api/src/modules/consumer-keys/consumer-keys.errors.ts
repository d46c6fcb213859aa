import { AppError, type ErrorFacts } from '../../platform/errors.ts';

export class ConsumerKeyNotFound extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'consumer_key_not_found',
    kind: 'not_found',
    explanation: 'No consumer key of this environment has this id.',
  };
  constructor(id: string) {
    super(ConsumerKeyNotFound.facts, `There is no key ${id}. GET /api/v1/keys lists them.`, 'id');
  }
}

export class ConsumerKeyNotActive extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'consumer_key_not_active',
    kind: 'conflict',
    explanation:
      'The key was revoked, has expired or was rotated already. Rotate its successor, or create a key.',
  };
  constructor(why: 'was revoked' | 'has expired' | 'was rotated already') {
    super(
      ConsumerKeyNotActive.facts,
      `The key ${why}. Rotate the key that replaced it, or create a new one.`,
      'id',
    );
  }
}

export class ProjectNotFound extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'project_not_found',
    kind: 'not_found',
    explanation: 'The environment, or the customer that is named, has no project with this id.',
  };
  constructor(id: string, param = 'id') {
    super(ProjectNotFound.facts, `There is no project ${id}. GET /api/v1/projects lists them.`, param);
  }
}

export class ProjectNameTaken extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'project_name_taken',
    kind: 'conflict',
    explanation: 'The customer has a project of this name already.',
  };
  constructor(name: string) {
    super(
      ProjectNameTaken.facts,
      `The customer has a project "${name}" already. Choose another name.`,
      'name',
    );
  }
}

export class QuotaFeatureNotMetered extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'quota_feature_not_metered',
    kind: 'invalid',
    explanation: 'Only a metered feature counts calls. Name one whose type is metered.',
  };
  constructor(feature: string, param: string) {
    super(QuotaFeatureNotMetered.facts, `${feature} is not metered. Name a metered feature.`, param);
  }
}
