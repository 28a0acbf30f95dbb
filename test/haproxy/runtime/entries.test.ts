import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  certificatesOf,
  fingerprintsOf,
  listCertificates,
  payloadOf,
} from '../../../src/haproxy/runtime/certificates.js';
import { listFiles, parseShowAcl, parseShowMap } from '../../../src/haproxy/runtime/entries.js';

test('a map entry has a key of one word, and a value that may hold spaces', () => {
  assert.deepEqual(parseShowMap('0x55b a.test one\n0x56c b.test two  words\n'), [
    { reference: '0x55b', key: 'a.test', value: 'one' },
    { reference: '0x56c', key: 'b.test', value: 'two  words' },
  ]);
  assert.deepEqual(parseShowMap('Unknown map identifier. Please use #<id> or <file>.\n'), []);
});

test('a pattern of an ACL may hold spaces', () => {
  assert.deepEqual(parseShowAcl('0x55b Mozilla 5.0\n'), [
    { reference: '0x55b', key: 'Mozilla 5.0', value: '' },
  ]);
});

test('loaded files have their versions', () => {
  const text = `# id (file) description
4 (/etc/hosts.map) pattern loaded from file '/etc/hosts.map' used by map at file 'h.cfg' line 14. curr_ver=2 next_ver=3 entry_cnt=17
1 () acl 'src' file 'h.cfg' line 13. curr_ver=0 next_ver=0 entry_cnt=0
`;
  assert.deepEqual(listFiles(text), [
    { id: 4, file: '/etc/hosts.map', currentVersion: 2, nextVersion: 3, entries: 17 },
    { id: 1, file: '', currentVersion: 0, nextVersion: 0, entries: 0 },
  ]);
});

test('an open transaction of a certificate is seen', () => {
  assert.deepEqual(
    listCertificates('# transaction\n*a b.pem\n# filename\na b.pem\nca.pem - 2 certificate(s)\n'),
    [
      { path: 'a b.pem', transaction: true },
      { path: 'a b.pem', transaction: false },
      { path: 'ca.pem', transaction: false },
    ],
  );
});

const PEM = `text before\r
-----BEGIN CERTIFICATE-----\r
AQID\r
-----END CERTIFICATE-----\r
\r
-----BEGIN PRIVATE KEY-----\r
BAUG\r
-----END PRIVATE KEY-----\r
-----BEGIN CERTIFICATE-----
BwgJ
-----END CERTIFICATE-----`;

test('certificates are found among keys, and a payload has no empty line', () => {
  assert.deepEqual(
    certificatesOf(PEM).map((der) => [...der]),
    [
      [1, 2, 3],
      [7, 8, 9],
    ],
  );
  const payload = payloadOf(PEM);
  assert.doesNotMatch(payload, /\n\n|\r/);
  assert.ok(payload.endsWith('-----END CERTIFICATE-----\n'));
});

test('every certificate of a CA file has its digest', () => {
  const text = 'Filename: x\nSHA1 FingerPrint: A6C6\nSubject: a\n\nSHA1 FingerPrint: C02A\n';
  assert.deepEqual(fingerprintsOf(text), ['A6C6', 'C02A']);
});
