import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  CERTIFICATES_MAX,
  ENTRIES_MAX,
  LISTS,
  parseLists,
  SERVER_LIMITS_MAX,
  within,
  type Lists,
} from '../../../src/haproxy/runtime/reading.js';
import { RUNNING } from '../state/pairs.js';

const loaded = (id: number, file: string, entries: number): string =>
  `${id} (${file}) pattern loaded from file '${file}' used by map at file 'h.cfg' line 1. curr_ver=0 next_ver=0 entry_cnt=${entries}`;

/** Answers by the beginning of the command. */
function listsFrom(answers: Readonly<Record<string, string>>): Lists {
  return parseLists(LISTS.map((command) => answers[command] ?? ''));
}

test('a file that is loaded as a map and as an ACL is one list', () => {
  const { files } = listsFrom({
    'show map': `# id (file) description\n${loaded(0, '/a', 1)}\n`,
    'show acl': `# id (file) description\n${loaded(0, '/a', 1)}\n${loaded(1, '', 3)}\n${loaded(2, '/b', 1)}\n`,
  });
  assert.deepEqual(
    files.map(({ kind, file }) => `${kind} ${file}`),
    ['map /a', 'acl /b'],
  );
});

test("uncommitted certificates and HAProxy's own CA file are not looked at, and certificates last", () => {
  const { certificates } = listsFrom({
    'show ssl cert': '# transaction\n*/site.pem\n# filename\n/site.pem\n',
    'show ssl ca-file': '# filename\n/ca.pem - 2 certificate(s)\n@system-ca - 144 certificate(s)\n',
    'show ssl crl-file': '# filename\n/crl.pem\n',
    'show ssl crt-list': '/names.list\n/etc/certs\n\n',
  });
  assert.deepEqual(
    certificates.map(({ kind, name }) => `${kind} ${name}`),
    [
      'crl-file /crl.pem',
      'ca-file /ca.pem',
      'crt-list /names.list',
      'crt-list /etc/certs',
      'certificate /site.pem',
    ],
  );
});

test('a HAProxy that knows no such command has none of them', () => {
  const unknown =
    "Unknown command: 'show ssl', but maybe one of the following ones is a better match:\n  show stat\n";
  assert.deepEqual(listsFrom({ 'show ssl cert': unknown }).certificates, []);
});

const MANY: Lists = {
  ...listsFrom({
    'show map': `${loaded(0, '/small', ENTRIES_MAX)}\n${loaded(1, '/large', ENTRIES_MAX + 1)}\n`,
    'show ssl cert': `# filename\n${Array.from({ length: CERTIFICATES_MAX + 12 }, (_, at) => `/${at}.pem\n`).join('')}`,
  }),
  servers: Array.from({ length: SERVER_LIMITS_MAX + 1 }, () => RUNNING),
};

test('what lies beyond a limit is named, with the limit', () => {
  const { files, certificates, serverLimits, notCompared } = within(MANY, false);
  assert.deepEqual(
    files.map(({ file }) => file),
    ['/small'],
  );
  assert.equal(certificates.length, CERTIFICATES_MAX);
  assert.equal(serverLimits, false);
  assert.deepEqual(
    notCompared.map(({ what, because }) => `${what}: ${because}`),
    [
      `map /large: it holds ${ENTRIES_MAX + 1} entries, more than ${ENTRIES_MAX}`,
      `12 of ${CERTIFICATES_MAX + 12} certificates: only ${CERTIFICATES_MAX} are looked at`,
      `the maxconn of ${SERVER_LIMITS_MAX + 1} servers: it is looked at for up to ${SERVER_LIMITS_MAX} servers`,
    ],
  );
});

test('who asks for all gets it, however much there is', () => {
  const { files, certificates, serverLimits, notCompared } = within(MANY, true);
  assert.equal(files.length, 2);
  assert.equal(certificates.length, CERTIFICATES_MAX + 12);
  assert.deepEqual([serverLimits, notCompared], [true, []]);
});

test('that a stats socket may not show certificates is named, and none are taken for nothing', () => {
  // As 2.6.12 answers.
  const lists = listsFrom({
    'show ssl cert': "Can't allocate memory!\n",
    'show ssl crt-list': 'Permission denied\n',
  });
  for (const all of [false, true]) {
    assert.deepEqual(
      within(lists, all).notCompared.map(({ what, because }) => `${what}: ${because}`),
      [
        'certificates, CA files, CRL files and crt-lists: a stats socket shows them from level operator on only',
      ],
    );
  }
});
