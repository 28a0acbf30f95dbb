import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ReferencedFile, ReferencedKind } from '../../src/haproxy/changes/referenced.js';
import { filesKept } from '../../src/haproxy/files-as-read.js';
import type { LoadedKind } from '../../src/haproxy/runtime/reading.js';

const kept = (
  name: string,
  kind: ReferencedKind,
  text: string | undefined,
  sha256 = 'x',
): readonly [string, ReferencedFile] => [name, { name, kinds: [kind], sha256, text }];

const FILES = new Map([
  kept('/names.list', 'crt-list', '/a.pem\n'),
  kept('/large.list', 'crt-list', undefined),
  kept('/edited.list', 'crt-list', undefined, 'unknown'),
  kept('/gone.list', 'crt-list', undefined, 'absent'),
  kept('/certs', 'other', undefined),
  kept('/store.pem', 'other', undefined),
]);

const ROWS: readonly (readonly [title: string, name: string, as: LoadedKind, RegExp])[] = [
  ['a file that was kept', '/names.list', 'crt-list', /"known".*"edited":false/],
  ['one whose content was not kept', '/large.list', 'crt-list', /was not kept/],
  ['one that has changed since', '/edited.list', 'crt-list', /has changed since/],
  ['one that was not there', '/gone.list', 'crt-list', /"none"/],
  ['a name that no file has', '/other.list', 'crt-list', /"none"/],
  ['a folder of certificates, loaded as a crt-list', '/certs', 'crt-list', /"none"/],
  ['a file of another kind', '/store.pem', 'certificate', /was not kept/],
];

for (const [title, name, loadedAs, expected] of ROWS) {
  test(`what a process has read, by what was kept: ${title}`, async () => {
    assert.match(JSON.stringify(await filesKept(FILES)(name, loadedAs)), expected);
  });
}
