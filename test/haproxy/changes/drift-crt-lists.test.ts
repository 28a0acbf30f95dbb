import assert from 'node:assert/strict';
import { test } from 'node:test';
import { entriesOf } from '../../../src/haproxy/changes/crt-lists.js';
import { crtListDrift } from '../../../src/haproxy/changes/drift-crt-lists.js';
import { parseShowCrtList } from '../../../src/haproxy/runtime/crt-lists.js';
import { configOf } from './cases.js';

function drift(file: string, shown: string, config = '', edited = false): readonly string[] {
  const files = entriesOf(file, configOf(config));
  const running = parseShowCrtList(`# /l.txt\n${shown}\n`);
  assert.ok(files.kind === 'entries' && running?.kind === 'entries');
  const list = { name: '/l.txt', running: running.entries, files: files.entries, edited };
  return crtListDrift({ crtLists: [list] }).map(
    ({ kind, subject, detail, running: now, files: written, place }) =>
      `${kind} ${subject} ${detail} ${String(now)}/${String(written)} ${place?.line ?? ''}`,
  );
}

const ROWS: readonly (readonly [string, string, string, readonly string[]])[] = [
  ['entries that are the same', '/a.pem [alpn h2] a.test\n', '/a.pem:1 [alpn h2] a.test', []],
  ['an added entry', '/a.pem\n', '/a.pem:1\n/b.pem:2', ['/b.pem /null ']],
  ['a deleted entry', '#\n/a.pem\n/b.pem\n', '/a.pem:2', ['/b.pem null/ 3']],
  ['an entry that is twice there', '/a.pem\n', '/a.pem:1\n/a.pem:2', ['/a.pem /null ']],
  [
    'another option',
    '/a.pem\n',
    '/a.pem:2 [alpn h2]',
    ['/a.pem null/ 1', '/a.pem [alpn h2] /null '],
  ],
];

for (const [title, file, shown, expected] of ROWS) {
  test(`drift of a crt-list: ${title}`, () => {
    assert.deepEqual(
      drift(file, shown),
      expected.map((one) => `crt-list-entry crt-list /l.txt ${one}`),
    );
  });
}

test('drift of a crt-list: names behind crt-base', () => {
  assert.deepEqual(drift('a.pem\n', '/certs/a.pem:1', 'global\n    crt-base /certs\n'), []);
});

test('drift of a crt-list: none of a file that was edited, for the edit cannot be told from it', () => {
  assert.deepEqual(drift('/a.pem\n', '/a.pem:1\n/b.pem:2', '', true), []);
});
