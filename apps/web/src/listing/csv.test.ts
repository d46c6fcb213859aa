import { expect, test } from 'vitest';
import { csv } from './csv.ts';

const columns = [
  { header: 'name', value: (row: { name: string | null; used: number }) => row.name },
  { header: 'used', value: (row: { name: string | null; used: number }) => row.used },
];

test('a table becomes lines with a header', () => {
  expect(csv(columns, [{ name: 'Ada', used: -3 }])).toBe('name,used\r\nAda,-3\r\n');
});

test('commas, quotes and line breaks stay inside their cell', () => {
  expect(csv(columns, [{ name: 'Ada "Countess", of\nLovelace', used: 1 }])).toBe(
    'name,used\r\n"Ada ""Countess"", of\nLovelace",1\r\n',
  );
});

test.each(['=1+1', '+1', '-1', '@SUM(A1)', '\tx'])('a name like %s cannot become a formula', (name) => {
  expect(csv(columns, [{ name, used: 1 }])).toContain(`'${name}`);
});

test('what is not known is an empty cell', () => {
  expect(csv(columns, [{ name: null, used: 0 }])).toBe('name,used\r\n,0\r\n');
});
