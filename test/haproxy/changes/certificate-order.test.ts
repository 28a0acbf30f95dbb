import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inServedOrder } from '../../../src/haproxy/changes/certificate-order.js';
import type { ReferencedFile, ReferencedFiles } from '../../../src/haproxy/changes/referenced.js';
import type { ConfigChange } from '../../../src/haproxy/runtime/change.js';
import { configOf } from './cases.js';

/** The text of a certificate is its names here; "?" cannot be read. */
function names(pem: string): readonly string[] | undefined {
  return pem === '?' ? undefined : pem.split(' ');
}

function filesOf(files: Readonly<Record<string, string>>): ReferencedFiles {
  return new Map(
    Object.entries(files).map(([name, text]): [string, ReferencedFile] => {
      const kind = name.endsWith('.txt') ? 'crt-list' : 'certificate';
      return [name, { name, kinds: [kind], sha256: text, text }];
    }),
  );
}

function replaced(path: string, bind: string, files: Readonly<Record<string, string>>): string {
  const change: ConfigChange = {
    sign: '~',
    subject: `certificate ${path}`,
    before: null,
    after: null,
    by: { kind: 'runtime', changes: [{ kind: 'certificate', path, before: 'x', after: 'y' }] },
  };
  const config = configOf(`global\n    crt-base /b\nfrontend www\n    bind :443 ssl ${bind}\n`);
  const [one] = inServedOrder([change], filesOf(files), config, names);
  return one?.by.kind === 'reload' ? one.by.because : (one?.by.kind ?? '');
}

const ROWS: readonly (readonly [
  title: string,
  path: string,
  bind: string,
  files: Readonly<Record<string, string>>,
  expected: RegExp,
])[] = [
  ['alone on its line, whatever its names', '/a', 'crt /a', { '/a': '?' }, /^runtime$/],
  [
    'of other names than those behind it',
    '/a',
    'crt /a crt /c',
    { '/a': 'a.test', '/c': 'c.test' },
    /^runtime$/,
  ],
  [
    'before another one for a name, in other letters',
    '/a',
    'crt /a crt /c',
    { '/a': 'a.test Both.test', '/c': 'both.TEST' },
    /^\/c is for both.TEST as well/,
  ],
  [
    'behind another one for a name',
    '/c',
    'crt /a crt /c',
    { '/a': 'both.test', '/c': 'both.test' },
    /^runtime$/,
  ],
  [
    'with names that cannot be read',
    '/a',
    'crt /a crt /c',
    { '/a': '?', '/c': 'c.test' },
    /^the names that it is for cannot be read/,
  ],
  [
    'before one with names that cannot be read',
    '/a',
    'crt /a crt /c',
    { '/a': 'a', '/c': '?' },
    /^the names of \/c/,
  ],
  [
    'in a crt-list that says which names count',
    '/a',
    'crt-list /l.txt',
    { '/l.txt': '/a a.test\n/c c.test\n', '/a': 'both.test', '/c': 'both.test' },
    /^runtime$/,
  ],
  [
    'in a crt-list before another entry for a name',
    '/a',
    'crt-list /l.txt',
    { '/l.txt': '/a\n/c [alpn h2] both.test\n', '/a': 'both.test', '/c': 'c.test' },
    /^\/c is for both.test/,
  ],
  [
    'in a folder before another one for a name',
    '/d/a.pem',
    'crt /d/',
    { '/d/b.pem': 'both.test', '/d/a.pem': 'both.test' },
    /^\/d\/b.pem is for both.test/,
  ],
  [
    'behind crt-base',
    '/b/a.pem',
    'crt a.pem crt d',
    { '/b/a.pem': 'both.test', '/b/d/x.pem': 'both.test' },
    /^\/b\/d\/x.pem is for both.test/,
  ],
];

for (const [title, path, bind, files, expected] of ROWS) {
  test(`a replaced certificate ${title}`, () => {
    assert.match(replaced(path, bind, files), expected);
  });
}
