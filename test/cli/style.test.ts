import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { milliseconds, paint, wrap } from '../../src/cli/style.js';

const WORDS = fc.array(fc.stringMatching(/^[a-z]{1,12}$/), { minLength: 1, maxLength: 30 });

test('no wrapped line is wider than the terminal, and no word is lost or broken', () => {
  fc.assert(
    fc.property(WORDS, fc.integer({ min: 20, max: 100 }), (words, width) => {
      const lines = wrap(words.join(' '), width, 'method  ').split('\n');
      for (const line of lines) assert.ok(line.length <= width, line);
      assert.deepEqual(
        lines.flatMap((line) => line.slice(8).split(' ')),
        words,
      );
    }),
  );
});

test('a line is filled before the next one begins', () => {
  assert.equal(wrap('aa bb cc', 5), 'aa bb\ncc');
  assert.equal(wrap('aa bb cc', 8), 'aa bb cc');
});

test('the first line has its label, and the others are indented as far', () => {
  assert.equal(wrap('aa bb', 7, 'note '), 'note aa\n     bb');
});

test('a word wider than the terminal stands alone and whole', () => {
  assert.equal(wrap('a /a/long/path b', 5), 'a\n/a/long/path\nb');
});

test('colour is only where it is wanted', () => {
  assert.equal(paint('red', 'x', false), 'x');
  assert.equal(paint('red', 'x', true), '\u001b[31mx\u001b[0m');
});

test('a time from one second on is told in seconds', () => {
  assert.equal(milliseconds(12.4), '12 ms');
  assert.equal(milliseconds(999), '999 ms');
  assert.equal(milliseconds(1000), '1.0 s');
  assert.equal(milliseconds(61_000), '61.0 s');
});
