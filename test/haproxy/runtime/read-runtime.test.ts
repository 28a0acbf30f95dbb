import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RuntimeConnection } from '../../../src/host/host.js';
import { parseCrtList, printEntry, type CrtList } from '../../../src/haproxy/runtime/crt-lists.js';
import { readRuntime } from '../../../src/haproxy/runtime/read-runtime.js';
import { ENTRIES_MAX, type AsRead } from '../../../src/haproxy/runtime/reading.js';
import { CRL, EMPTY_CRL, SHOWN_CRL } from './crl.js';

/** Says what it is asked, and how often at once. */
function connectionWith(answers: Readonly<Record<string, string>>): {
  readonly connection: RuntimeConnection;
  readonly asked: (readonly string[])[];
} {
  const asked: (readonly string[])[] = [];
  const askAll = async (commands: readonly string[]): Promise<readonly string[]> => {
    asked.push(commands);
    return await Promise.resolve(commands.map((command) => answers[command] ?? ''));
  };
  const ask = async (command: string): Promise<string> => (await askAll([command]))[0] ?? '';
  return { connection: { ask, askAll, close: () => undefined }, asked };
}

const OPTIONS = {
  entriesOf: (text: string): CrtList => parseCrtList(text, '/base'),
  all: false,
};

const loaded = (id: number, file: string, entries: number): string =>
  `${id} (${file}) pattern loaded from file '${file}' curr_ver=0 next_ver=0 entry_cnt=${entries}\n`;

const known = (text: string, edited = false): AsRead => ({ kind: 'known', text, edited });

function filesOf(files: Readonly<Record<string, AsRead>>): (name: string) => Promise<AsRead> {
  return async (name) => await Promise.resolve(files[name] ?? { kind: 'none' });
}

test('small maps and ACLs share a round trip, and none is asked for that no file stands behind', async () => {
  const { connection, asked } = connectionWith({
    'show map':
      loaded(0, '/a.map', 1) +
      loaded(4, '/d.map', 9) +
      loaded(1, '/b map', ENTRIES_MAX) +
      loaded(2, '/gone.map', 1),
    'show acl': loaded(3, '/c.acl', 2),
    'show map /a.map': '0x1 k v w\n',
    'show acl /c.acl': '0x2 a b\n',
  });
  const fileAsRead = filesOf({
    '/a.map': known('k v\n'),
    '/d.map': known(''),
    '/b map': known(''),
    '/c.acl': known('a b\n', true),
  });
  const { entries } = await readRuntime(connection, { ...OPTIONS, fileAsRead });
  assert.deepEqual(
    entries.map(({ kind, name, shown, file }) => [kind, name, shown, file.edited]),
    [
      ['map', '/a.map', '0x1 k v w\n', false],
      ['map', '/d.map', '', false],
      ['map', '/b map', '', false],
      ['acl', '/c.acl', '0x2 a b\n', true],
    ],
  );
  assert.deepEqual(
    asked.slice(1).filter((commands) => commands.some((one) => /^show (map|acl) /.test(one))),
    [['show map /a.map', 'show map /d.map'], ['show map /b\\ map'], ['show acl /c.acl']],
  );
});

test('certificates, CA files and CRL files are asked for at once, but not those that were edited', async () => {
  const { connection, asked } = connectionWith({
    'show ssl cert': '# filename\n/a.pem\n/edited.pem\n',
    'show ssl ca-file': '# filename\n/ca.pem - 1 certificate(s)\n',
    'show ssl crl-file': '# filename\n/crl.pem\n/old.pem\n',
    'show ssl cert /a.pem': 'SHA1 FingerPrint: AB\n',
    'show ssl crl-file /crl.pem': SHOWN_CRL,
    'show ssl crl-file /old.pem': SHOWN_CRL,
  });
  const pem = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n';
  const fileAsRead = filesOf({
    '/a.pem': known(pem),
    '/edited.pem': known(pem, true),
    '/ca.pem': { kind: 'unknown', because: 'it was not kept' },
    '/crl.pem': known(CRL),
    '/old.pem': known(EMPTY_CRL),
  });
  const { certificates, notCompared } = await readRuntime(connection, { ...OPTIONS, fileAsRead });
  assert.deepEqual(asked.at(-1), [
    'show ssl crl-file /crl.pem',
    'show ssl crl-file /old.pem',
    'show ssl cert /a.pem',
  ]);
  assert.deepEqual(
    certificates.map(({ kind, name, running, files }) => [kind, name, running === files]),
    [
      ['crl-file', '/crl.pem', true],
      ['crl-file', '/old.pem', false],
      ['certificate', '/a.pem', false],
    ],
  );
  assert.deepEqual(
    notCompared.map(({ what, because }) => `${what}: ${because}`),
    ['ca-file /ca.pem: it was not kept'],
  );
});

test('a CA file that has one certificate twice is the same as HAProxy has it, once', async () => {
  const pem = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n';
  const sha1 = '29E2DCFBB16F63BB0254DF7585A15BB6FB5E927D';
  const { connection } = connectionWith({
    'show ssl ca-file': '# filename\n/ca.pem - 1 certificate(s)\n',
    'show ssl ca-file /ca.pem': `SHA1 FingerPrint: ${sha1}\n`,
  });
  const fileAsRead = filesOf({ '/ca.pem': known(pem + pem) });
  const { certificates } = await readRuntime(connection, { ...OPTIONS, fileAsRead });
  assert.deepEqual(certificates, [
    { kind: 'ca-file', name: '/ca.pem', running: sha1, files: sha1 },
  ]);
});

function crtListsAsked(asked: readonly (readonly string[])[]): readonly (readonly string[])[] {
  return asked.filter((commands) => commands.some((one) => one.includes('crt-list -n')));
}

test('crt-lists share a round trip, each with what its entries mean behind crt-base', async () => {
  const { connection, asked } = connectionWith({
    'show ssl crt-list': '/a.list\n/certs\n/b.list\n\n',
    'show ssl crt-list -n /a.list': '# /a.list\n/base/a.pem:2 [alpn h2\0] a.test\n\n',
    'show ssl crt-list -n /b.list': 'Permission denied\n',
  });
  const fileAsRead = filesOf({
    '/a.list': known('# names\na.pem [alpn h2] a.test\n/b.pem\n', true),
    '/b.list': known('/a.pem\n'),
  });
  const { crtLists, notCompared } = await readRuntime(connection, { ...OPTIONS, fileAsRead });
  assert.deepEqual(
    crtLists.map(({ name, running, files, edited }) => [
      name,
      running.map(printEntry),
      files.map((entry) => `${printEntry(entry)}:${entry.line}`),
      edited,
    ]),
    [
      [
        '/a.list',
        ['/base/a.pem [alpn h2] a.test'],
        ['/base/a.pem [alpn h2] a.test:2', '/b.pem:3'],
        true,
      ],
    ],
  );
  assert.deepEqual(notCompared, []);
  assert.deepEqual(crtListsAsked(asked), [
    ['show ssl crt-list -n /a.list', 'show ssl crt-list -n /b.list'],
  ]);
});

test('a crt-list that is not known, not shown as it is written, or too long is named', async () => {
  const { connection, asked } = connectionWith({
    'show ssl crt-list': '/npn.list\n/long.list\n/gone.list\n/odd.list\n',
    'show ssl crt-list -n /odd.list': '# /odd.list\n/a.pem:1 [npn h2]\n',
    'show ssl crt-list -n /long.list': '# /long.list\n',
  });
  const fileAsRead = filesOf({
    '/npn.list': known('/a.pem [npn h2]\n'),
    '/long.list': known('/a.pem\n'.repeat(ENTRIES_MAX + 1)),
    '/gone.list': { kind: 'unknown', because: 'it was not kept' },
    '/odd.list': known('/a.pem\n'),
  });
  const { notCompared } = await readRuntime(connection, { ...OPTIONS, fileAsRead });
  assert.deepEqual(
    notCompared.map(({ kind, what, because }) => `${what}: ${because} (${kind})`),
    [
      'crt-list /gone.list: it was not kept (crt-list)',
      'crt-list /npn.list: "npn" is not shown by HAProxy as it was written (not-shown)',
      `crt-list /long.list: its file holds ${ENTRIES_MAX + 1} entries, more than ${ENTRIES_MAX} (crt-list)`,
      'crt-list /odd.list: "npn" is not shown by HAProxy as it was written (not-shown)',
    ],
  );
  assert.deepEqual(crtListsAsked(asked), [['show ssl crt-list -n /odd.list']]);
  const all = await readRuntime(connection, { ...OPTIONS, fileAsRead, all: true });
  assert.deepEqual(
    all.crtLists.map(({ name }) => name),
    ['/long.list'],
  );
});
