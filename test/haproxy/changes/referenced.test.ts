import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import {
  compareReferenced,
  type ReferencedFile,
  type ReferencedKind,
} from '../../../src/haproxy/changes/referenced.js';
import { configOf, told } from './cases.js';

const CONFIG = `frontend www
    bind :80
    http-request deny if { src -f /acl.lst }
    use_backend %[path,map_beg(/beg.map)]
    use_backend %[req.hdr(host),lower,map(/hosts.map,web)]
`;

function file(name: string, kind: ReferencedKind, text: string): ReferencedFile {
  return { name, kinds: [kind], sha256: createHash('sha256').update(text).digest('hex'), text };
}

function compare(
  name: string,
  kind: ReferencedKind,
  before: string,
  after: string,
  version = '2.6.12',
): readonly string[] {
  const sides = [before, after].map((text) => new Map([[name, file(name, kind, text)]]));
  const [old, now] = sides;
  assert.ok(old !== undefined && now !== undefined);
  return told(compareReferenced(old, now, configOf(CONFIG), version));
}

const ROWS: readonly (readonly [
  string,
  string,
  ReferencedKind,
  string,
  string,
  string | RegExp,
])[] = [
  [
    'a changed value of a map',
    '/hosts.map',
    'map',
    'a 1\nb 2\n',
    'a 1\nb 3\n',
    '~ map /hosts.map runtime: /hosts.map: b 2 → 3',
  ],
  [
    'a new key in the middle of an exact map',
    '/hosts.map',
    'map',
    'a 1\nc 2\n',
    'a 1\nb 5\nc 2\n',
    '~ map /hosts.map runtime: /hosts.map: b absent → 5',
  ],
  [
    'a removed key',
    '/beg.map',
    'map',
    '/a 1\n/b 2\n',
    '/b 2\n',
    '~ map /beg.map runtime: /beg.map: /a 1 → absent',
  ],
  [
    'a new key at the end of a map whose order counts',
    '/beg.map',
    'map',
    '/a 1\n',
    '/a 1\n/b 2\n',
    '~ map /beg.map runtime: /beg.map: /b absent → 2',
  ],
  [
    'a new key before others there',
    '/beg.map',
    'map',
    '/a 1\n',
    '/b 2\n/a 1\n',
    /reload: the order counts in this map/,
  ],
  ['comments of a map', '/hosts.map', 'map', 'a 1\n', '# x\n  a  1\n', /nothing: comments/],
  [
    'a key that stands twice',
    '/hosts.map',
    'map',
    'a 1\n',
    'a 1\na 2\n',
    /reload: the key in line 2 stands twice/,
  ],
  [
    'a pattern of an ACL anywhere',
    '/acl.lst',
    'acl',
    '10.0.0.1\n',
    '10.0.0.2\n10.0.0.1\n',
    '~ acl /acl.lst runtime: /acl.lst: 10.0.0.2 absent → ',
  ],
  ['a Lua file', '/x.lua', 'other', 'a', 'b', /reload: HAProxy reads this file only/],
  [
    'a certificate without its key',
    '/x.pem',
    'certificate',
    'a',
    'b',
    /reload: its key stands in another file/,
  ],
];

for (const [title, name, kind, before, after, expected] of ROWS) {
  test(title, () => {
    const [one, ...more] = compare(name, kind, before, after);
    assert.deepEqual(more, []);
    if (typeof expected === 'string') assert.equal(one, expected);
    else assert.match(one ?? '', expected);
  });
}

test('a file that cannot be read, or that is newer than the process, is a reload', () => {
  const known = file('/hosts.map', 'map', 'a 1\n');
  const gone = { ...known, sha256: 'unreadable', text: undefined };
  const newer = { ...known, sha256: 'unknown', text: undefined };
  const one = (before: ReferencedFile, after: ReferencedFile): string =>
    told(
      compareReferenced(
        new Map([['/hosts.map', before]]),
        new Map([['/hosts.map', after]]),
        configOf(CONFIG),
        '2.6.12',
      ),
    ).join();
  assert.match(one(gone, gone), /reload: the file cannot be read/);
  assert.match(one(newer, known), /reload: the file has changed since/);
  assert.equal(one(known, known), '');
});

test('keys of certificates are never shown', () => {
  const key = '-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n';
  const sides = ['a', 'b'].map(
    (text) => new Map([['/x.pem', file('/x.pem', 'certificate', text + key)]]),
  );
  const changes = compareReferenced(
    sides[0] ?? new Map(),
    sides[1] ?? new Map(),
    configOf(''),
    '2.6.12',
  );
  const shown = changes
    .map(({ before, after }) => `${before?.text ?? ''}${after?.text ?? ''}`)
    .join();
  assert.doesNotMatch(shown, /c2VjcmV0|PRIVATE/);
});
