import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { compareConfigs } from '../../../src/haproxy/changes/compare.js';
import { reduced } from '../../../src/haproxy/changes/reduce.js';
import { parseText } from '../../../src/haproxy/config/document.js';
import { resolve } from '../../../src/haproxy/config/resolve.js';
import { anyPair } from '../config/any-text.js';

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

test('the changes are the same as when all is looked into', () => {
  let left = 0;
  fc.assert(
    fc.property(anyPair, anyPair, (one, other) => {
      const [old, now] = [0, 1].map((side) =>
        resolve([one, other].map((pair, at) => parseText(`${at}.cfg`, pair[side] ?? ''))),
      );
      assert.ok(old !== undefined && now !== undefined);
      if (reduced(old, now) !== undefined) left += 1;
      assert.deepEqual(
        compareConfigs(old, now, '2.6.12'),
        compareConfigs(old, now, '2.6.12', () => undefined),
      );
    }),
    { numRuns: 3000 },
  );
  assert.ok(left > 100, `something was left out in ${left} of 3000 pairs only`);
});
