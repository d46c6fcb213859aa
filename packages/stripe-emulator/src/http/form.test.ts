import { expect, it } from 'vitest';
import { canonical, decodeForm } from './form.ts';

it('reads nesting, indexed lists and appended lists', () => {
  const form = decodeForm('items[0][price]=p_1&items[1][price]=p%202&expand[]=a&expand[]=b&metadata[k]=');
  expect(JSON.parse(JSON.stringify(form))).toEqual({
    items: { 0: { price: 'p_1' }, 1: { price: 'p 2' } },
    expand: { 0: 'a', 1: 'b' },
    metadata: { k: '' },
  });
});

it('treats a parameter called __proto__ as any other', () => {
  const form = decodeForm('__proto__[polluted]=yes&constructor=c');
  expect(Object.keys(form)).toEqual(['__proto__', 'constructor']);
  expect({}).not.toHaveProperty('polluted');
});

it('compares forms without regard to the order of parameters', () => {
  expect(canonical(decodeForm('a=1&b[x]=2&b[y]=3'))).toBe(canonical(decodeForm('b[y]=3&a=1&b[x]=2')));
  expect(canonical(decodeForm('a=1'))).not.toBe(canonical(decodeForm('a=2')));
});
