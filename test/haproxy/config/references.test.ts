import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseText } from '../../../src/haproxy/config/document.js';
import { referencesOf } from '../../../src/haproxy/config/references.js';
import { resolve } from '../../../src/haproxy/config/resolve.js';

function references(text: string): readonly string[] {
  return referencesOf(resolve([parseText('a.cfg', text)])).map(
    ({ kind, path, line }) => `${line} ${kind} ${path}`,
  );
}

/** Section, line, what it names. */
const LINES: readonly (readonly [string, string, readonly string[]])[] = [
  ['global', 'lua-load /a.lua arg', ['lua /a.lua']],
  ['global', 'server-state-file /state', ['server-state /state']],
  ['global', 'stats socket /run/crt level admin', []],
  [
    'frontend f',
    'bind :443 ssl crt a.pem crt b/ crt-list "l.txt"',
    ['certificate a.pem', 'certificate b/', 'crt-list l.txt'],
  ],
  [
    'frontend f',
    'bind :443 ssl ca-file ca crl-file crl tls-ticket-keys k',
    ['ca-file ca', 'crl-file crl', 'other k'],
  ],
  ['backend b', 'server s :1 ssl ca-file @system-ca crt c.pem', ['certificate c.pem']],
  ['backend b', 'default-server ca-file x', ['ca-file x']],
  ['frontend f', 'acl a src -f /a.acl -f /b.acl', ['acl /a.acl', 'acl /b.acl']],
  ['frontend f', 'acl a src -M -f /a.map', ['map /a.map']],
  ['frontend f', 'http-request deny if { src -f /d.acl }', ['acl /d.acl']],
  ['frontend f', 'use_backend %[req.hdr(host),map_dom(/h.map,x)]', ['map /h.map']],
  ['frontend f', 'http-request set-map(/s.map) k v', ['map /s.map']],
  ['frontend f', 'http-request del-acl(/s.acl) k', ['acl /s.acl']],
  ['defaults', 'errorfile 503 /e/503.http', ['errorfile /e/503.http']],
  ['http-errors x', 'errorfile 404 /e/404.http', ['errorfile /e/404.http']],
  ['frontend f', 'http-request return status 200 file /f.html if x', ['other /f.html']],
  ['frontend f', 'http-error status 400 errorfile /e.http', ['errorfile /e.http']],
  ['frontend f', 'filter spoe engine e config /s.conf', ['other /s.conf']],
  ['crt-store s', 'load crt a.pem key a.key', ['certificate a.pem', 'certificate a.key']],
  ['peers p', 'bind :1 ssl crt p.pem', ['certificate p.pem']],
  ['backend b', 'server-state-file-name s', ['server-state s']],
  ['frontend f', 'http-request set-header x-map "no file"', []],
];

test('each file that a line names', () => {
  for (const [section, line, expected] of LINES) {
    assert.deepEqual(
      references(`${section}\n ${line}\n`),
      expected.map((one) => `2 ${one}`),
      line,
    );
  }
});

test('a relative path has its base, folders end with a slash', () => {
  const text =
    'global\n crt-base /c\n ca-base /k\nfrontend f\n bind :1 ssl crt a/ crt /b ca-file x\n acl a src -f x\n';
  assert.deepEqual(
    referencesOf(resolve([parseText('a', text)])).map(({ path, base, folder }) => [
      path,
      base,
      folder,
    ]),
    [
      ['a/', '/c', true],
      ['/b', undefined, false],
      ['x', '/k', false],
      ['x', undefined, false],
    ],
  );
});
