import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crtListDrift } from '../../../src/haproxy/changes/drift-crt-lists.js';
import type { ReferencedFile } from '../../../src/haproxy/changes/referenced.js';
import { parseShowCrtList } from '../../../src/haproxy/runtime/crt-lists.js';
import { configOf } from './cases.js';

function drift(file: string, shown: string, config = ''): readonly string[] {
  const list: ReferencedFile = { name: '/l.txt', kinds: ['crt-list'], sha256: 'x', text: file };
  const loaded = parseShowCrtList(`# /l.txt\n${shown}\n`);
  assert.ok(loaded?.kind === 'entries');
  const lists = new Map([['/l.txt', loaded.entries]]);
  return crtListDrift(configOf(config), new Map([['/l.txt', list]]), lists).map(
    ({ kind, subject, detail, running, files, place }) =>
      `${kind} ${subject} ${detail} ${String(running)}/${String(files)} ${place?.line ?? ''}`,
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
  ['a file that cannot be compared', '/a.pem [npn h2]\n', '/b.pem:1', []],
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
