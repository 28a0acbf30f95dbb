import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { HitlessError } from '../../../src/error.js';
import { parseText, printText } from '../../../src/haproxy/config/document.js';
import { setServer, type ServerRequest } from '../../../src/haproxy/config/edit-server.js';
import { resolve } from '../../../src/haproxy/config/resolve.js';
import { serversOf, settingOf } from '../../../src/haproxy/config/servers.js';

type Wanted = Pick<ServerRequest, 'address' | 'settings'>;

/** Sets it for server `s` of backend `b`. */
function edit(text: string, wanted: Wanted) {
  return setServer([parseText('a.cfg', text)], { backend: 'b', server: 's', ...wanted });
}

const HEAD = 'backend b\n default-server check weight 5\n';

/** Title, the server's line, what is wanted, the line then. */
const EDITS: readonly (readonly [string, string, Wanted, string])[] = [
  [
    'a new setting goes before the comment',
    '\tserver  s :1  inter 2s   # why\n',
    { settings: { maxconn: ['10'] } },
    '\tserver  s :1  inter 2s maxconn 10   # why\n',
  ],
  [
    'the last of a setting gets new arguments',
    ' server s :1 weight 1 weight  2 backup\r\n',
    { settings: { weight: ['7'] } },
    ' server s :1 weight 1 weight 7 backup\r\n',
  ],
  [
    'null takes all of the own away',
    ' server s :1 weight 1 backup weight 2 # c\n',
    { settings: { weight: null } },
    ' server s :1 backup # c\n',
  ],
  [
    'the opposite goes',
    ' server s :1 enabled weight 2\n',
    { settings: { disabled: [] } },
    ' server s :1 weight 2 disabled\n',
  ],
  [
    'to take back what is inherited needs a word',
    ' server s :1\n',
    { settings: { 'no-check': [] } },
    ' server s :1 no-check\n',
  ],
  [
    'to take back the own needs none',
    ' server s :1 backup\n',
    { settings: { 'no-backup': [] } },
    ' server s :1\n',
  ],
  [
    'the address and settings change at once',
    ' server s "10.0.0.1:80" weight 2 # c',
    { address: '[::1]:81', settings: { weight: ['3'], disabled: [] } },
    ' server s [::1]:81 weight 3 disabled # c',
  ],
  [
    'a word that needs it is quoted',
    ' server s :1\n',
    { settings: { cookie: ['a b#'] } },
    " server s :1 cookie 'a b#'\n",
  ],
];

for (const [title, line, wanted, expected] of EDITS) {
  test(title, () => {
    const result = edit(HEAD + line, wanted);
    assert.equal(result.documents.map(printText).join(''), HEAD + expected);
    assert.equal(result.kind, 'changed');
    assert.deepEqual(
      result.changes.map(({ kind, line: number }) => [kind, number]),
      [['replaced', 3]],
    );
  });
}

test('what is in force already is left alone', () => {
  const text = `${HEAD} server s 10.0.0.1:80 inter 2s\n`;
  const settings = { weight: ['5'], inter: ['2s'], check: [], enabled: [], maxconn: null };
  const result = edit(text, { address: '10.0.0.1:80', settings });
  assert.equal(result.kind, 'unchanged');
  assert.equal(result.documents.map(printText).join(''), text);
});

/** Title, text, code. */
const REFUSALS: readonly (readonly [string, string, string])[] = [
  ['an unknown server', 'backend b\n server t :1\n', 'config-unknown-name'],
  ['two of one name', 'backend b\n server s :1\n server s :2\n', 'target-ambiguous'],
  ['one of a conditional block', 'backend b\n.if 1\n server s :1\n.endif\n', 'target-ambiguous'],
  ['a member of a template', 'backend b\n server-template s 1 :1\n', 'config-unknown-name'],
  ['a line that HAProxy cannot read', 'backend b\n server s :1\n x "\n', 'config-invalid'],
];

for (const [title, text, code] of REFUSALS) {
  test(`refused: ${title}`, () => {
    assert.throws(
      () => edit(text, { settings: { weight: ['1'] } }),
      (error) => error instanceof HitlessError && error.code === code,
    );
  });
}

test('refused: one that a template line makes', () => {
  assert.throws(
    () =>
      setServer([parseText('a', 'backend b\n server-template s 2 :1\n')], {
        backend: 'b',
        server: 's1',
        settings: { weight: ['1'] },
      }),
    (error) => error instanceof HitlessError && error.code === 'target-ambiguous',
  );
});

test('refused: words that a line cannot hold', () => {
  const bad: readonly Wanted[] = [
    { address: 'a\nb' },
    { address: '' },
    { settings: { 'x\n': [] } },
    { settings: { weight: ['1\n server t :2'] } },
    { settings: { '': [] } },
  ];
  for (const wanted of bad) {
    assert.throws(
      () => edit('backend b\n server s :1\n', wanted),
      (error) => error instanceof HitlessError && error.code === 'usage',
    );
  }
});

const value = fc.stringMatching(/^[a-z"'#\\$ ]{1,8}$/);
const words = fc.constantFrom('check', 'no-check', 'backup', 'disabled', 'weight 3', 'inter "2s"');

test('after an edit the setting is in force, and one line differs', () => {
  const line = fc.tuple(fc.array(words, { maxLength: 5 }), fc.constantFrom('', ' # c', '#c'));
  fc.assert(
    fc.property(
      line,
      fc.constantFrom('cookie', 'weight', 'sni'),
      value,
      ([own, end], keyword, arg) => {
        const text = `${HEAD} server s :1 ${own.join('  ')}${end}\n server t :2\n`;
        const before = parseText('a', text);
        const [after] = edit(text, { settings: { [keyword]: [arg] } }).documents;
        assert.ok(after);
        const found = resolve([after]).proxies.flatMap(serversOf)[0];
        assert.ok(found);
        assert.deepEqual(settingOf(found, keyword)?.args, [arg]);
        const differ = after.lines.filter((one, at) => one.text !== before.lines[at]?.text);
        assert.ok(differ.length <= 1 && after.lines.length === before.lines.length);
      },
    ),
    { numRuns: 500 },
  );
});
