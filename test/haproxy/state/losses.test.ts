import assert from 'node:assert/strict';
import { test } from 'node:test';
import { certificateLosses } from '../../../src/haproxy/state/certificate-losses.js';
import { entryLosses, entryNotes, entryPlan } from '../../../src/haproxy/state/entry-plan.js';
import { unseenLosses, unseenNotes } from '../../../src/haproxy/state/not-compared.js';
import type { LoadedEntries, NotCompared } from '../../../src/haproxy/runtime/reading.js';
import { NOTHING_SET } from './readings.js';

const digest = (kind: 'certificate' | 'ca-file' | 'crl-file', running: string, files: string) => ({
  kind,
  name: `/${kind}.pem`,
  running,
  files,
});

test('each certificate, CA file and CRL file that was set at run time is named as lost', () => {
  const certificates = [
    digest('certificate', 'A', 'B'),
    digest('ca-file', 'A', 'B'),
    digest('crl-file', 'A', 'B'),
    digest('certificate', 'A', 'A'),
    digest('ca-file', '', 'A'),
    digest('crl-file', 'A', ''),
  ];
  const losses = certificateLosses({ ...NOTHING_SET, certificates });
  assert.deepEqual(
    losses.map(({ what }) => what),
    ['certificate /certificate.pem', 'CA file /ca-file.pem', 'CRL file /crl-file.pem'],
  );
});

const list = (edited: boolean): LoadedEntries => ({
  kind: 'map',
  name: '/hosts.map',
  shown: '0x1 a 2\n',
  file: { kind: 'known', text: '# kept\na 1\n', edited },
});

test('entries of an unchanged file are lost or written; an edited file counts, with a note', () => {
  const changed = entryPlan({ ...NOTHING_SET, entries: [list(false)] });
  assert.deepEqual(
    entryLosses(changed).map(({ what }) => what),
    ['1 entry of the map /hosts.map'],
  );
  assert.equal(changed.changed[0]?.wanted, '# kept\na 2\n');
  const edited = entryPlan({ ...NOTHING_SET, entries: [list(true)] });
  assert.deepEqual([entryLosses(edited), entryNotes(edited).length], [[], 1]);
});

test('what was not compared is a warning; a note where it would be one at each reload', () => {
  const notCompared: readonly NotCompared[] = [
    { kind: 'map', what: 'map /a', because: 'it is large', remedy: 'ask for all' },
    { kind: 'acl', what: 'acl /b', because: 'it cannot be read', remedy: 'write it' },
    { kind: 'crt-list', what: 'crt-list /m', because: 'it cannot be read', remedy: 'write it' },
    { kind: 'server-limits', what: 'the maxconn', because: 'too many', remedy: '' },
    { kind: 'denied', what: 'certificates', because: 'the level', remedy: '' },
    { kind: 'not-shown', what: 'crt-list /l', because: 'npn', remedy: '' },
  ];
  const reading = { ...NOTHING_SET, notCompared };
  assert.deepEqual(
    unseenLosses(reading).map(({ what, remedy }) => `${what}: ${remedy}`),
    [
      'whatever was changed at run time in map /a: ask for all',
      'whatever was changed at run time in acl /b: write it',
      'whatever was changed at run time in crt-list /m: write it',
    ],
  );
  assert.deepEqual(unseenNotes(reading), [
    'the maxconn: not compared with the files: too many',
    'certificates: not compared with the files: the level',
    'crt-list /l: not compared with the files: npn',
  ]);
});

test('a file that is written as HAProxy shows it, or otherwise, is no difference', () => {
  const texts = ['a 2\n', 'a 2', 'a  2 \r\n', '# a\n\n a\t2\n'];
  for (const text of texts) {
    const same: LoadedEntries = { ...list(false), file: { kind: 'known', text, edited: false } };
    assert.deepEqual(entryPlan({ ...NOTHING_SET, entries: [same] }).changed, [], text);
  }
});
