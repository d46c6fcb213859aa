import { expect, it } from 'vitest';
import { AnswerOverdue } from './errors.ts';
import { Turns } from './turns.ts';

it('runs work of one name in the order it came, also after a failure, and other work beside it', async () => {
  const turns = new Turns();
  const log: string[] = [];
  const step = (name: string, ms: number) => async () => {
    log.push(`${name} begins`);
    await new Promise((resolve) => setTimeout(resolve, ms));
    log.push(`${name} ends`);
    if (name === 'a1') {
      throw new Error('failed');
    }
    return name;
  };
  const answers = await Promise.allSettled([
    turns.take('a', step('a1', 20)),
    turns.take('a', step('a2', 5)),
    turns.take('b', step('b1', 0)),
  ]);
  expect(answers.map((answer) => (answer.status === 'fulfilled' ? answer.value : 'failed'))).toEqual([
    'failed',
    'a2',
    'b1',
  ]);
  expect(log).toEqual(['a1 begins', 'b1 begins', 'b1 ends', 'a1 ends', 'a2 begins', 'a2 ends']);
});

it('leaves out work whose turn comes too late', async () => {
  const turns = new Turns();
  const slow = turns.take('a', () => new Promise((resolve) => setTimeout(resolve, 30)));
  let hasRun = false;
  const late = turns.take(
    'a',
    async () => {
      hasRun = true;
    },
    5,
  );
  const patient = turns.take('a', async () => 'done', 60_000);

  await slow;
  await expect(late).rejects.toBeInstanceOf(AnswerOverdue);
  expect(await patient).toBe('done');
  expect(hasRun).toBe(false);
});
