import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const folder = fileURLToPath(new URL('.', import.meta.url));

describe('the package', () => {
  it('exports every type that a method takes or answers', () => {
    const index = readFileSync(join(folder, 'index.ts'), 'utf8');
    const exported = new Set(index.match(/\w+/g));
    const declared = readdirSync(join(folder, 'resources'))
      .filter((file) => !file.endsWith('.test.ts'))
      .flatMap((file) => [
        ...readFileSync(join(folder, 'resources', file), 'utf8').matchAll(
          /^export (?:type|interface|class|function) (\w+)/gm,
        ),
      ])
      .map(([, name = '']) => name);

    expect(declared.length).toBeGreaterThan(50);
    expect(declared.filter((name) => !exported.has(name))).toEqual([]);
  });
});
