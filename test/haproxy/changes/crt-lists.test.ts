import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import {
  compareReferenced,
  type ReferencedFile,
  type ReferencedFiles,
  type ReferencedKind,
} from '../../../src/haproxy/changes/referenced.js';
import { configOf, told } from './cases.js';

const LIST = '/l.txt';
const BIND = `bind :443 ssl crt-list ${LIST}`;

function file(name: string, kind: ReferencedKind, text: string): ReferencedFile {
  return { name, kinds: [kind], sha256: createHash('sha256').update(text).digest('hex'), text };
}

function pem(name: string, key = '-----BEGIN PRIVATE KEY-----\n'): ReferencedFile {
  const base64 = Buffer.from(name).toString('base64');
  const text = `-----BEGIN CERTIFICATE-----\n${base64}\n-----END CERTIFICATE-----\n${key}`;
  return file(name, 'certificate', text);
}

/** The certificates that a list names, beside it. */
function side(text: string, more: readonly ReferencedFile[] = []): ReferencedFiles {
  const names = text.split('\n').flatMap((line) => /^\/\S+/.exec(line)?.[0] ?? []);
  const files = [file(LIST, 'crt-list', text), ...names.map((name) => pem(name)), ...more];
  return new Map(files.map((one) => [one.name, one]));
}

interface Given {
  readonly before?: string;
  readonly after: string;
  /** In the frontend. */
  readonly binds?: readonly string[];
  readonly global?: string;
  readonly version?: string;
  readonly old?: readonly ReferencedFile[];
  readonly now?: readonly ReferencedFile[];
}

const BEFORE = '/a.pem\n/b.pem b.test\n/c.pem [alpn h2] c.test\n';

function decided(given: Given): string {
  const { before = BEFORE, after, binds = [BIND], global = '', version = '2.6.12' } = given;
  const config = configOf(
    `global\n    ${global}\nfrontend www\n${binds.map((line) => `    ${line}\n`).join('')}`,
  );
  const sides = [side(before, given.old), side(after, given.now)] as const;
  const list = compareReferenced(...sides, config, version).filter(({ subject }) =>
    subject.startsWith('crt-list'),
  );
  const [one, ...more] = told(list);
  assert.deepEqual(more, []);
  return one ?? 'no change';
}

const AT_RUNTIME: readonly (readonly [title: string, given: Given, changes: string])[] = [
  [
    'an entry at the end, whose certificate is not loaded yet',
    { after: `${BEFORE}/d.pem d.test\n` },
    'certificate /d.pem: loaded, /l.txt: + /d.pem d.test',
  ],
  [
    'an entry for a certificate that is loaded, which is looked at',
    { after: `${BEFORE}/b.pem other.test\n` },
    'certificate /b.pem: loaded, /l.txt: + /b.pem other.test',
  ],
  [
    'an entry that goes, with the certificate that nothing else names',
    { after: '/a.pem\n/c.pem [alpn h2] c.test\n' },
    '/l.txt: - /b.pem b.test, certificate /b.pem: unloaded',
  ],
  [
    'an entry that goes, with a certificate that another one names',
    { before: `${BEFORE}/b.pem x.test\n`, after: BEFORE },
    '/l.txt: - /b.pem x.test',
  ],
  [
    'another option',
    { after: '/a.pem\n/b.pem b.test\n/c.pem [alpn http/1.1] c.test\n' },
    'certificate /c.pem: loaded, /l.txt: + /c.pem [alpn http/1.1] c.test, - /c.pem [alpn h2] c.test',
  ],
  [
    'an entry in the middle: those behind it are added anew',
    { after: '/a.pem\n/d.pem\n/b.pem b.test\n/c.pem [alpn h2] c.test\n' },
    'certificate /d.pem: loaded, certificate /b.pem: loaded, certificate /c.pem: loaded, /l.txt: + /d.pem',
  ],
  [
    'another order',
    { after: '/a.pem\n/c.pem [alpn h2] c.test\n/b.pem b.test\n' },
    'certificate /b.pem: loaded, /l.txt: the same entries in another order',
  ],
  [
    'the first entry, behind a certificate that is the default',
    {
      binds: [`bind :443 ssl crt /default.pem crt-list ${LIST}`],
      after: '/b.pem b.test\n/c.pem [alpn h2] c.test\n',
      now: [pem('/default.pem')],
    },
    '/l.txt: - /a.pem, certificate /a.pem: unloaded',
  ],
  [
    'an entry on several bind lines',
    { binds: [BIND, `bind :444 ssl crt-list ${LIST}`], after: `${BEFORE}/b.pem other.test\n` },
    'certificate /b.pem: loaded, /l.txt: + /b.pem other.test',
  ],
  [
    'a certificate that goes and has its key beside it: it stays loaded, as it could not be put back',
    {
      after: '/a.pem\n/c.pem [alpn h2] c.test\n',
      old: [pem('/b.pem', ''), file('/b.pem.key', 'other', 'k')],
    },
    '/l.txt: - /b.pem b.test',
  ],
];

for (const [title, given, changes] of AT_RUNTIME) {
  test(`at run time: ${title}`, () => {
    assert.equal(decided(given), `~ crt-list ${LIST} runtime: ${changes}`);
  });
}

const MANY = Array.from({ length: 600 }, (_one, at) => `/b.pem n${at}.test\n`).join('');
const APPENDED = `${BEFORE}/d.pem d.test\n`;

const RELOADS: readonly (readonly [title: string, given: Given, because: RegExp])[] = [
  ['the first entry', { after: `/d.pem\n${BEFORE}` }, /the first entry is the default certificate/],
  [
    'options of the first entry',
    { after: BEFORE.replace('a.pem', 'a.pem [alpn h2]') },
    /the first/,
  ],
  ['an empty list', { after: '#\n' }, /the first entry is the default/],
  ['a list that was empty', { before: '', after: '/a.pem\n' }, /the first entry is the default/],
  [
    'the first entry, behind a folder, which may be empty',
    { binds: [`bind :443 ssl crt /certs crt-list ${LIST}`], after: `/d.pem\n${BEFORE}` },
    /the first entry is the default/,
  ],
  [
    'a list with other certificates behind it',
    { binds: [`bind :443 ssl crt-list ${LIST} crt /x.pem`], after: APPENDED },
    /other certificates stand behind it on the bind line \(haproxy.cfg:4\)/,
  ],
  [
    'a list that is twice on a line',
    { binds: [`bind :443 ssl crt-list ${LIST} crt-list ${LIST}`], after: APPENDED },
    /other certificates stand behind it/,
  ],
  ['a word with a variable', { binds: [`${BIND} name "$X"`], after: APPENDED }, /a variable/],
  [
    'a conditional bind',
    { binds: ['.if 1', BIND, '.endif'], after: APPENDED },
    /conditional block/,
  ],
  [
    'default-crt',
    { binds: [`bind :443 ssl default-crt /x.pem crt-list ${LIST}`], after: APPENDED },
    /not known what else/,
  ],
  [
    'a path that is written otherwise',
    { binds: ['bind :443 ssl crt-list //l.txt'], after: APPENDED },
    /does not name it by this path/,
  ],
  [
    'an entry with options on two lines, which could end HAProxy',
    {
      binds: [BIND, `bind :444 ssl crt-list ${LIST}`],
      after: `${BEFORE}/d.pem [alpn h2]\n`,
    },
    /\/d.pem: it has options and the list is on 2 bind lines/,
  ],
  [
    'an entry in front of one with options on two lines',
    {
      binds: [BIND, `bind :444 ssl crt-list ${LIST}`],
      after: '/a.pem\n/d.pem\n/b.pem b.test\n/c.pem [alpn h2] c.test\n',
    },
    /\/c.pem: it has options/,
  ],
  ['more than is made one by one', { after: BEFORE + MANY }, /600 entries would be added/],
  [
    'an option that names a file',
    { after: `${BEFORE}/d.pem [ca-file /ca.pem]\n` },
    /"ca-file" reads a file/,
  ],
  [
    'an option that HAProxy does not show',
    { after: `${BEFORE}/d.pem [npn h2]\n` },
    /line 4: "npn" is not shown/,
  ],
  [
    'a path from crt-base that is not tidy',
    { global: 'crt-base /certs/', after: `${BEFORE}d.pem\n` },
    /no plain path/,
  ],
  ['a relative path', { after: `${BEFORE}d.pem\n` }, /no plain path/],
  ['a path with a colon', { after: `${BEFORE}/d:1.pem\n` }, /no plain path/],
  ['a name of a store', { after: `${BEFORE}@store/d\n` }, /no plain path/],
  [
    'crt-base from a variable',
    { global: 'crt-base "$CERTS"', after: `${BEFORE}d.pem\n` },
    /crt-base is not known/,
  ],
  [
    'a bundle',
    {
      after: `${BEFORE}/d.pem\n`,
      now: [{ name: '/d.pem', kinds: ['certificate'], sha256: 'absent', text: undefined }],
    },
    /\/d.pem: there is no such file, or it stands for several/,
  ],
  [
    'a certificate whose key stands in another file',
    { after: APPENDED, now: [pem('/d.pem', '')] },
    /\/d.pem: its key stands in another file/,
  ],
  [
    'a certificate with an OCSP answer beside it',
    { after: APPENDED, now: [file('/d.pem.ocsp', 'other', 'x')] },
    /a part of it stands in \/d.pem.ocsp/,
  ],
  [
    'files beside it under other names',
    { global: 'ssl-load-extra-del-ext', after: `${BEFORE}/d.crt d.test\n` },
    /\/d.crt: parts of it may stand/,
  ],
  [
    'a certificate that was not kept',
    { after: APPENDED, now: [{ ...pem('/d.pem'), text: undefined }] },
    /\/d.pem: it is not known what of the file/,
  ],
  [
    'a certificate that one command does not hold',
    { after: APPENDED, now: [pem('/d.pem', `PRIVATE KEY-----\n${'x'.repeat(16_000)}\n`)] },
    /longer than 15000 bytes/,
  ],
  ['HAProxy 3.0', { version: '3.0.1', after: APPENDED }, /HAProxy 3.0.1: from 3.0 on/],
];

for (const [title, given, because] of RELOADS) {
  test(`a reload: ${title}`, () => {
    assert.match(decided(given), /^~ crt-list \/l.txt reload: /);
    assert.match(decided(given), because);
  });
}

test('comments, spaces and the order of options have no effect', () => {
  const after = '# x\n/a.pem\n/b.pem   b.test\n/c.pem [ alpn h2 ] c.test\n';
  assert.match(decided({ after }), /nothing: comments and spaces/);
});

test('a crt-store is a reload', () => {
  const config = configOf(`crt-store web\n    crt-base /x\nfrontend www\n    ${BIND}\n`);
  const changes = compareReferenced(side(BEFORE), side(APPENDED), config, '2.6.12');
  assert.match(told(changes).join(), /reload: a crt-store gives/);
});

test('a certificate that is in memory otherwise is a change of its own', () => {
  const old = [{ ...pem('/b.pem'), text: 'old', sha256: 'old' }];
  const given = { after: `${BEFORE}/b.pem more.test\n`, old };
  assert.equal(decided(given), `~ crt-list ${LIST} runtime: /l.txt: + /b.pem more.test`);
});
