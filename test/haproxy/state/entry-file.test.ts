import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  entriesIn,
  entryDifferences,
  withPatterns,
  type EntryKind,
  type Pattern,
} from '../../../src/haproxy/state/entry-file.js';

const MAP = '# hosts\n\n  a.test \t one  \nb.test two words\r\nc.test\n';

test('a map file is read as HAProxy reads it', () => {
  assert.deepEqual(entriesIn(MAP, 'map'), [
    { key: 'a.test', value: 'one', line: 3 },
    { key: 'b.test', value: 'two words', line: 4 },
    { key: 'c.test', value: '', line: 5 },
  ]);
});

test('a pattern of an ACL file is the whole line', () => {
  assert.deepEqual(entriesIn(' a b \n#c\nd\n', 'acl'), [
    { key: 'a b ', value: '', line: 1 },
    { key: 'd', value: '', line: 3 },
  ]);
});

const at = (key: string, value: string): Pattern => ({ key, value });

test('only the lines that say something else change; what is added goes to the end', () => {
  const running = [at('a.test', 'uno'), at('c.test', ''), at('d.test', 'four')];
  assert.equal(
    withPatterns(MAP, 'map', running),
    '# hosts\n\n  a.test \t uno  \nc.test\nd.test four\n',
  );
});

test('a last line without a line feed gets one before something is added', () => {
  assert.equal(withPatterns('a 1', 'map', [at('a', '1'), at('b', '2')]), 'a 1\nb 2\n');
});

test('what no line can say is said to be so', () => {
  assert.equal(withPatterns('', 'map', [at('a b', '1')]), undefined);
  assert.equal(withPatterns('', 'acl', [at('#a', '')]), undefined);
  assert.equal(withPatterns('', 'map', [at('a', ' 1')]), undefined);
});

test('differences are counted by entry, and told by key with the value that counts', () => {
  const one = entriesIn('a 1\nb 2\nb 3\n', 'map');
  const other = [at('a', '9'), at('b', '2'), at('b', '3')];
  assert.deepEqual(entryDifferences(one, one), []);
  assert.deepEqual(entryDifferences(one, other.toReversed()), [
    { key: 'a', running: '9', files: '1', line: 1, count: 1 },
    { key: 'b', running: '3', files: '2', line: 2, count: 2 },
  ]);
  assert.deepEqual(entryDifferences(one, [at('c', '4')]), [
    { key: 'a', running: null, files: '1', line: 1, count: 1 },
    { key: 'b', running: null, files: '2', line: 2, count: 2 },
    { key: 'c', running: '4', files: null, line: null, count: 1 },
  ]);
});

test('the same entries in another order are no difference', () => {
  assert.deepEqual(
    entryDifferences(entriesIn('a 1\nb 2\n', 'map'), [at('b', '2'), at('a', '1')]),
    [],
  );
});

const WORD = fc.stringMatching(/^[a-z.]{1,4}$/);
const PATTERNS = fc.array(fc.record({ key: WORD, value: fc.constantFrom('', 'x', 'y z') }), {
  maxLength: 8,
});
const LINES = fc.array(
  fc.oneof(
    fc.constantFrom('', '# a b', '\t', '#', '  # x y'),
    fc.tuple(WORD, fc.constantFrom('', ' x', '\t y z ')).map(([key, rest]) => ` ${key}${rest}`),
  ),
  { maxLength: 8 },
);

for (const kind of ['map', 'acl'] as const satisfies readonly EntryKind[]) {
  test(`a written ${kind} file holds just what HAProxy has, and comments stay`, () => {
    fc.assert(
      fc.property(LINES, PATTERNS, fc.constantFrom('', '\n'), (lines, patterns, end) => {
        const content = `${lines.join('\n')}${end}`;
        const running = kind === 'map' ? patterns : patterns.map(({ key }) => at(key, ''));
        const written = withPatterns(content, kind, running);
        assert.ok(written !== undefined);
        assert.deepEqual(entryDifferences(entriesIn(written, kind), running), [], written);
        for (const line of lines.filter((one) => one.startsWith('#'))) {
          assert.ok(written.includes(line));
        }
      }),
      { numRuns: 2000 },
    );
  });
}
