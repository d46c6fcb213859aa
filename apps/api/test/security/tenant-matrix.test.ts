import {
  BinaryOperationNode,
  type Kysely,
  type KyselyPlugin,
  OperationNodeTransformer,
  OperatorNode,
  ReferenceNode,
  ValueNode,
} from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Database } from '../../src/platform/database/database.ts';
import { startStack, type TestStack } from '../fixtures/stack.ts';
import { foreignLeaks, leaksOf, operations, type Stranger, strangersOf } from './matrix.ts';
import { recipes } from './recipes.ts';
import { fillVictim, type Victim } from './victim.ts';

let stack: TestStack;
let victim: Victim;
let strangers: Stranger[];
const all = operations();

beforeAll(async () => {
  stack = await startStack({ worker: false, webhooks: false });
  victim = await fillVictim(stack);
  strangers = await strangersOf(stack, victim);
});
afterAll(() => stack.close());

// INV-50, SEC-1
describe('what a tenant owns', () => {
  it('has a recipe here for every operation of the OpenAPI document', () => {
    expect(Object.keys(recipes).toSorted()).toEqual(all.map(({ id }) => id).toSorted());
  });

  it.each(all)('is out of every stranger’s reach through $method $path', async (operation) => {
    const attempts = await recipes[operation.id]?.(victim);
    expect(attempts?.length).toBeGreaterThan(0);

    expect(await leaksOf(stack, operation, victim, strangers)).toEqual([]);
  });
});

describe('the filters by tenant', () => {
  it('are two: without the policies, the repositories still keep strangers out', async () => {
    const restore = await withoutPolicies(stack);

    const leaking = await leakingOperations();

    await restore();
    expect(leaking).toEqual([]);
  }, 300_000);

  it('are two: without the repositories’ own, the policies still keep strangers out', async () => {
    const restore = withoutFilters(stack);

    const leaking = await leakingOperations();

    restore();
    expect(leaking).toEqual([]);
  }, 300_000);

  it('are what keeps strangers out: with both taken out, every operation that names an object turns red', async () => {
    // Without filters any account is as good as another: only the victim's is left to be found.
    await stack.database.owner.query(
      'update stripe_accounts set disconnected_at = now() where environment_id <> $1',
      [victim.environment_id],
    );
    const restorePolicies = await withoutPolicies(stack);
    const restoreFilters = withoutFilters(stack);

    const leaking = await leakingOperations();

    restoreFilters();
    await restorePolicies();
    const naming = await operationsNamingObjects();
    // Of an SQL function, whose filter is in the function.
    expect(naming.filter((id) => !leaking.includes(id))).toEqual([
      'confirmReservation',
      'releaseReservation',
      'getCustomerEntitlements',
    ]);
    expect(leaking).toEqual(
      expect.arrayContaining(['listJobs', 'listCustomers', 'listPlans', 'listApiKeys']),
    );
  }, 300_000);
});

const last = 'disconnectStripe';

/** The operations through which another merchant's key or owner reaches the victim now. */
async function leakingOperations(): Promise<string[]> {
  const leaking: string[] = [];
  // Last what takes away, where it reaches the victim, the account that others need.
  const inOrder = all.toSorted((a, b) => Number(a.id === last) - Number(b.id === last));
  for (const operation of inOrder.filter(({ scope }) => scope !== undefined)) {
    for (const attempt of (await recipes[operation.id]?.(victim)) ?? []) {
      const leaks = await foreignLeaks(stack, operation, attempt, victim, strangers.slice(0, 2));
      if (leaks.length > 0 && leaking.at(-1) !== operation.id) {
        leaking.push(operation.id);
      }
    }
  }
  return leaking;
}

async function operationsNamingObjects(): Promise<string[]> {
  const attempts = await Promise.all(
    all.map(async ({ id }) => ({ id, attempts: (await recipes[id]?.(victim)) ?? [] })),
  );
  return attempts
    .filter((recipe) => recipe.attempts.some((attempt) => attempt.strangers === 'not_found'))
    .map(({ id }) => id);
}

async function withoutPolicies({ database: { owner } }: TestStack): Promise<() => Promise<void>> {
  const { rows } = await owner.query<{ tablename: string }>(
    `select tablename from pg_policies where schemaname = 'public' and policyname = 'tenant'`,
  );
  const replace = (condition: string) =>
    owner.query(
      rows
        .map(({ tablename }) => `alter policy tenant on public.${tablename} using (${condition});`)
        .join('\n'),
    );
  await replace('true');
  return async () => {
    await replace('environment_id = (select app.environment_id())');
  };
}

/** Takes `environment_id = …` out of every statement that the repositories build. */
function withoutFilters({ app }: TestStack): () => void {
  const database = app.get(Database);
  const root: Kysely<unknown> = Reflect.get(database, 'root');
  Reflect.set(database, 'root', root.withPlugin(new WithoutTenantFilter()));
  return () => {
    Reflect.set(database, 'root', root);
  };
}

class WithoutTenantFilter implements KyselyPlugin {
  private readonly transformer = new (class extends OperationNodeTransformer {
    protected override transformBinaryOperation(node: BinaryOperationNode): BinaryOperationNode {
      const { leftOperand, rightOperand } = node;
      if (
        ReferenceNode.is(leftOperand) &&
        ValueNode.is(rightOperand) &&
        JSON.stringify(leftOperand.column).includes('"environment_id"')
      ) {
        const one = ValueNode.createImmediate(1);
        return BinaryOperationNode.create(one, OperatorNode.create('='), one);
      }
      return super.transformBinaryOperation(node);
    }
  })();

  transformQuery({ node }: Parameters<KyselyPlugin['transformQuery']>[0]) {
    return this.transformer.transformNode(node);
  }

  transformResult({ result }: Parameters<KyselyPlugin['transformResult']>[0]) {
    return Promise.resolve(result);
  }
}
