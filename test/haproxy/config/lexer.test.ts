import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { firstWord, lexLine } from '../../../src/haproxy/config/lexer.js';
import { parseText } from '../../../src/haproxy/config/document.js';
import { quoteWord } from '../../../src/haproxy/config/quoting.js';
import { tokensOf } from '../../../src/haproxy/config/tokens.js';

const values = (text: string): readonly string[] => lexLine(text).words.map(({ value }) => value);

/** Every row was read off the messages of HAProxy 2.6.12. */
const READ_AS: readonly (readonly [string, readonly string[]])[] = [
  ['', []],
  ['  \t # only a comment\n', []],
  ['mode http\n', ['mode', 'http']],
  ['\tmode\thttp  \r\n', ['mode', 'http']],
  ['global#comment', ['global']],
  ['a "b c" d', ['a', 'b c', 'd']],
  ["a 'b \\ c'", ['a', 'b \\ c']],
  ['a""b', ['ab']],
  ['a\\ b', ['a b']],
  ['a\\#b', ['a#b']],
  ['"a#b"', ['a#b']],
  ['a\\\\b', ['a\\b']],
  ['a\\qb', ['a\\qb']],
  ['a\\$b', ['a\\$b']],
  ['"a\\$b"', ['a$b']],
  ['a\\\tb', ['a\\', 'b']],
  ['"a\\\tb"', ['a\\\tb']],
  ['"a\\\'b"', ["a'b"]],
  ['"a\\"b"', ['a"b']],
  ['\\x61b', ['ab']],
  ['a\\nb', ['a\nb']],
  ['a\vb\fc', ['a', 'b', 'c']],
  ['a\\', ['a\\']],
  ['a \\\n', ['a', '\\']],
  ['a\xa0b', ['a\xa0b']],
  ['a\rb c', ['a']],
  ['a \r b', ['a', 'b']],
  ['"" b', []],
  ['a "" b', ['a', '', 'b']],
  ['[scope] b', []],
  ["a '$x' $y", ['a', '$x', '$y']],
  ['"a${b-x"y}z"w', ['a${b-x"y}zw']],
];

test('a line is cut into the words that HAProxy reads', () => {
  for (const [text, expected] of READ_AS) {
    const lexed = lexLine(text);
    assert.deepEqual(values(text), expected, JSON.stringify(text));
    assert.equal(lexed.fault, undefined, JSON.stringify(text));
    assert.equal(firstWord(text), expected[0], JSON.stringify(text));
  }
});

test('a word knows its bytes, its column and whether a variable is in it', () => {
  const { words } = lexLine('\tbind  "${ADDR}":80 \'$x\'');
  assert.deepEqual(words, [
    { raw: 'bind', value: 'bind', column: 2, env: false },
    { raw: '"${ADDR}":80', value: '${ADDR}:80', column: 8, env: true },
    { raw: "'$x'", value: '$x', column: 21, env: false },
  ]);
});

test('what HAProxy cannot read is a fault with its column', () => {
  const faults = (text: string) => lexLine(text).fault;
  assert.deepEqual(faults('a "b'), { reason: 'unmatched quote', column: 3 });
  assert.deepEqual(faults('a \\xg1'), {
    reason: 'truncated or invalid hexadecimal sequence',
    column: 3,
  });
  assert.deepEqual(faults('"${a"'), { reason: 'malformed environment variable', column: 2 });
  assert.deepEqual(faults('"$1"'), { reason: 'malformed environment variable', column: 2 });
  assert.deepEqual(faults('a\0b'), { reason: 'stray NUL character', column: 2 });
});

const line = fc
  .array(fc.constantFrom(...'ab"\'\\#$ {}-\t\r\0[x6é'), { maxLength: 30 })
  .map((chars) => chars.join(''));

test('every byte of a line is in one token', () => {
  fc.assert(
    fc.property(line, fc.constantFrom('', '\n', '\r\n'), (body, ending) => {
      for (const one of parseText('f', body + ending).lines) {
        const tokens = tokensOf(one);
        assert.equal(tokens.map(({ text }) => text).join(''), one.text);
        for (const { column, text } of tokens) {
          assert.equal(one.text.slice(column - 1, column - 1 + text.length), text);
        }
        assert.equal(firstWord(one.text), lexLine(one.text).words[0]?.value);
      }
    }),
    { numRuns: 2000 },
  );
});

test('tokens say what they are', () => {
  const [one] = parseText('f', ' mode http # why\r\n').lines;
  assert.ok(one);
  assert.deepEqual(
    tokensOf(one).map(({ kind, text }) => [kind, text]),
    [
      ['space', ' '],
      ['word', 'mode'],
      ['space', ' '],
      ['word', 'http'],
      ['space', ' '],
      ['comment', '# why'],
      ['ending', '\r\n'],
    ],
  );
});

test('a word that is quoted is read back as it was', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary-ascii' }), (text) => {
      const value = text.replace(/[\r\n\0]/g, '');
      const { words, fault } = lexLine(`a ${quoteWord(value)}`);
      assert.equal(fault, undefined);
      assert.deepEqual(
        words.map((word) => [word.value, word.env]),
        [
          ['a', false],
          [value, false],
        ],
      );
    }),
    { numRuns: 2000 },
  );
});
