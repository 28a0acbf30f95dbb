import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  listCrtLists,
  parseCrtList,
  parseShowCrtList,
  printEntry,
  stayingIn,
  type CrtList,
} from '../../../src/haproxy/runtime/crt-lists.js';

function printed(list: CrtList | undefined): readonly string[] | string | undefined {
  if (list === undefined) return undefined;
  return list.kind === 'opaque' ? list.because : list.entries.map(printEntry);
}

const FILES: readonly (readonly [string, string, readonly string[] | RegExp])[] = [
  ['a certificate alone', '/a.pem\n', ['/a.pem']],
  ['names', '/a.pem a.test *.a.test !x.a.test\n', ['/a.pem a.test *.a.test !x.a.test']],
  ['options in any order', '/a.pem [verify none alpn h2]\n', ['/a.pem [alpn h2 verify none]']],
  ['brackets without spaces', '/a.pem[alpn h2]a.test\n', ['/a.pem [alpn h2] a.test']],
  ['empty brackets, which set nothing', '/a.pem [ ] a.test\n', ['/a.pem a.test']],
  ['the last of an option twice', '/a.pem [alpn h2 alpn http/1.1]\n', ['/a.pem [alpn http/1.1]']],
  ['flags', '/a.pem [no-ca-names allow-0rtt]\n', ['/a.pem [allow-0rtt no-ca-names]']],
  ['comments, empty lines and CRLF', '# x\n\n  \t\n/a.pem\r\n\r\n', ['/a.pem']],
  ['what is no comment, as it does not begin the line', '/a.pem # x\n', ['/a.pem # x']],
  ['names behind crt-base', 'a.pem\n/b.pem\n', ['/base/a.pem', '/b.pem']],
  ['names between certificate and options', '/a.pem a.test [alpn h2]\n', /do not stand right/],
  ['brackets twice', '/a.pem [alpn h2] [verify none]\n', /do not stand right/],
  ['a bracket that stays open', '/a.pem [alpn h2\n', /do not stand right/],
  ['npn, which HAProxy prints otherwise', '/a.pem [npn h2]\n', /"npn" is not shown/],
  ['ca-verify-file, which it does not print', '/a.pem [ca-verify-file /c]\n', /is not shown/],
  ['an option of later versions', '/a.pem [ocsp-update on]\n', /"ocsp-update" is not shown/],
  ['a CA file behind ca-base', '/a.pem [ca-file c.pem]\n', /not written with its whole path/],
  ['an option without its value', '/a.pem [alpn]\n', /"alpn" has no value/],
];

for (const [title, text, expected] of FILES) {
  test(`a file holds ${title}`, () => {
    const found = printed(parseCrtList(text, '/base'));
    if (expected instanceof RegExp) assert.match(String(found), expected);
    else assert.deepEqual(found, expected);
  });
}

// As 2.6.12 answers.
const SHOWN =
  '# /l.txt\n/a.pem:1\n/b.pem:3 [alpn h2,http/1.1\0 ciphers X curves P-256 ssl-min-ver TLSv1.2] b.test !x.b.test\n/c.pem:5 [] c.test\n\n';

test('what HAProxy shows of a list means what stood in its file', () => {
  const file =
    '/a.pem\n#\n/b.pem [ssl-min-ver TLSv1.2 curves P-256 ciphers X alpn h2,http/1.1] b.test !x.b.test\n\n/c.pem [] c.test\n';
  const shown = parseShowCrtList(SHOWN);
  assert.deepEqual(printed(shown), printed(parseCrtList(file, undefined)));
  assert.ok(shown?.kind === 'entries');
  assert.deepEqual(
    shown.entries.map(({ certificate, line }) => `${certificate}:${line}`),
    ['/a.pem:1', '/b.pem:3', '/c.pem:5'],
  );
});

test('a list that is not loaded is none, and an empty one is one', () => {
  assert.equal(parseShowCrtList("didn't find the specified filename\n"), undefined);
  assert.equal(parseShowCrtList('Permission denied\n'), undefined);
  assert.deepEqual(parseShowCrtList('# /l.txt\n\n'), { kind: 'entries', entries: [] });
});

test('all lists that are loaded', () => {
  assert.deepEqual(listCrtLists('/l.txt\n/etc/certs\n\n'), ['/l.txt', '/etc/certs']);
  assert.deepEqual(listCrtLists('Permission denied\n'), []);
});

test('what stays, and the rest added behind it, is the wanted list in its order', () => {
  const line = fc.constantFrom('a', 'b', 'c', 'd');
  fc.assert(
    fc.property(fc.array(line), fc.array(line), (running, wanted) => {
      const staying = stayingIn(running, wanted);
      const kept = staying.map((at) => running[at]);
      assert.deepEqual([...kept, ...wanted.slice(kept.length)], wanted);
      // Seen again when all is added: then only what is too many is left to be deleted.
      const full = [...running, ...wanted.slice(kept.length)];
      assert.deepEqual(
        stayingIn(full, wanted).map((at) => full[at]),
        wanted,
      );
    }),
  );
});
