import assert from 'node:assert/strict';
import { test } from 'node:test';
import { reduced } from '../../../src/haproxy/changes/reduce.js';
import { parseText } from '../../../src/haproxy/config/document.js';
import { resolve } from '../../../src/haproxy/config/resolve.js';

function config(weight: number, between: string) {
  const backend = (name: string, value: number): string =>
    `backend ${name}\n    server s1 10.0.0.1:80 weight ${value}\n${between}`;
  return resolve([
    parseText(
      'a.cfg',
      `global\n\ndefaults\n    mode http\n\n${backend('a', 1)}${backend('b', weight)}`,
    ),
  ]);
}

for (const [what, between] of [
  ['blank lines', '\n  \n\t\n'],
  ['blank lines of Windows', '\r\n'],
  ['comments', '# .if\n'],
] as const) {
  test(`only sections that differ are looked into, and what others rest upon: ${what}`, () => {
    const found = reduced(config(1, between), config(2, between));
    assert.deepEqual(
      found?.after.map(({ kind, name }) => `${kind} ${name}`),
      ['global ', 'defaults ', 'backend b'],
    );
  });
}

test('where conditional blocks decide all is looked into', () => {
  const block = '.if defined(X)\n.endif\n';
  assert.equal(reduced(config(1, block), config(2, block)), undefined);
});
