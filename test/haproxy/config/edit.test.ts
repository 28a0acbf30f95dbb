import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseText, printText } from '../../../src/haproxy/config/document.js';
import { setBalance, type BalanceEdit } from '../../../src/haproxy/config/edit.js';
import { balanceOf } from '../../../src/haproxy/config/proxy.js';
import { resolve } from '../../../src/haproxy/config/resolve.js';

function set(text: string, algorithm: string | readonly string[]): BalanceEdit {
  return setBalance([parseText('a.cfg', text)], { proxy: 'b', algorithm });
}

const after = (edit: BalanceEdit): string => edit.documents.map(printText).join('');

/** Title, before, algorithm, after. */
const EDITS: readonly (readonly [string, string, string | readonly string[], string])[] = [
  [
    'only the algorithm is replaced, comment, tabs and spacing stay',
    'backend b\n\tbalance \t roundrobin  # why\n\tserver s :1\n',
    'leastconn',
    'backend b\n\tbalance \t leastconn  # why\n\tserver s :1\n',
  ],
  [
    'a comment without a space before it stays',
    'backend b\n balance source#x\n',
    'uri whole',
    'backend b\n balance uri whole#x\n',
  ],
  [
    'arguments of the old algorithm go with it',
    'backend b\r\n  balance url_param "a b" check_post \r\n',
    'first',
    'backend b\r\n  balance first \r\n',
  ],
  [
    'the last line of several is the one in force',
    'backend b\n balance source\n balance first\n',
    'uri',
    'backend b\n balance source\n balance uri\n',
  ],
  [
    'a bare keyword gets its algorithm',
    'backend b\n balance # default\n',
    'source',
    'backend b\n balance source # default\n',
  ],
  [
    'a new line goes after "mode", indented like it',
    'backend b\n   # note\n   mode http # m\n   server s :1\n',
    'source',
    'backend b\n   # note\n   mode http # m\n   balance source\n   server s :1\n',
  ],
  [
    'without "mode" a new line goes after the header, indented like the section',
    'listen b # c\r\n\tbind :1\r\n',
    'source',
    'listen b # c\r\n\tbalance source\r\n\tbind :1\r\n',
  ],
  [
    'an empty section takes its indentation from the file',
    'global\n  daemon\nbackend b\nbackend c\n',
    'source',
    'global\n  daemon\nbackend b\n  balance source\nbackend c\n',
  ],
  [
    'a file with nothing to imitate gets four spaces',
    'backend b\n',
    'source',
    'backend b\n    balance source\n',
  ],
  [
    'a file that ends without a newline goes on doing so',
    'global\r\n daemon\r\nbackend b',
    'source',
    'global\r\n daemon\r\nbackend b\r\n balance source',
  ],
  [
    'the last line may lack its newline',
    'backend b\n balance source',
    'first',
    'backend b\n balance first',
  ],
  [
    'an inherited value is overridden in the section, the defaults stay',
    'defaults\n balance source\nbackend a\nbackend b\n',
    'first',
    'defaults\n balance source\nbackend a\nbackend b\n balance first\n',
  ],
  [
    'words are quoted where they have to be',
    'backend b\n balance source\n',
    ['url_param', 'a #b'],
    "backend b\n balance url_param 'a #b'\n",
  ],
  [
    'a conditional line before the one in force does not matter',
    'backend b\n.if 1\n balance source\n.endif\n balance first\n',
    'uri',
    'backend b\n.if 1\n balance source\n.endif\n balance uri\n',
  ],
  [
    'a "mode" in a conditional block is not a place for a new line',
    'backend b\n.if 1\n mode http\n.endif\n server s :1\n',
    'first',
    'backend b\n balance first\n.if 1\n mode http\n.endif\n server s :1\n',
  ],
  [
    'a defaults section in a conditional block cannot be relied on',
    '.if 1\ndefaults\n balance first\n.endif\nbackend b\n',
    'first',
    '.if 1\ndefaults\n balance first\n.endif\nbackend b\n balance first\n',
  ],
  [
    'bytes that are not text stay',
    'backend b # \xff\xfe\n balance source # \xe9\n',
    'first',
    'backend b # \xff\xfe\n balance first # \xe9\n',
  ],
  [
    'a value that a variable decides is never taken for the same',
    'backend b\n balance "${ALG}"\n',
    'first',
    'backend b\n balance first\n',
  ],
];

for (const [title, before, algorithm, expected] of EDITS) {
  test(title, () => {
    const edit = set(before, algorithm);
    assert.equal(edit.kind, 'changed');
    assert.equal(after(edit), expected);
  });
}

test('the value in force already is left alone', () => {
  for (const [text, algorithm] of [
    ['backend b\n balance "leastconn"\n', 'leastconn'],
    ['defaults\n balance uri  whole\nbackend b\n', 'uri whole'],
    ['backend b\n', 'roundrobin'],
    ['backend b\n balance\n', 'roundrobin'],
  ] as const) {
    const edit = set(text, algorithm);
    assert.equal(edit.kind, 'unchanged', text);
    assert.equal(after(edit), text);
  }
});

test('the default of the installed version can be given', () => {
  const request = { proxy: 'b', algorithm: 'roundrobin', defaultAlgorithm: ['random'] };
  assert.equal(setBalance([parseText('a', 'backend b\n')], request).kind, 'changed');
});

test('the change says what a diff needs', () => {
  const replaced = set('backend b\n balance source # ü\r\n'.replace('ü', '\xc3\xbc'), 'first');
  assert.deepEqual(replaced.kind === 'changed' && replaced.change, {
    kind: 'replaced',
    file: 'a.cfg',
    line: 2,
    before: ' balance source # ü',
    after: ' balance first # ü',
  });
  const inserted = set('backend b\n mode tcp\n', 'first');
  assert.deepEqual(inserted.kind === 'changed' && inserted.change, {
    kind: 'inserted',
    file: 'a.cfg',
    line: 3,
    before: '',
    after: ' balance first',
  });
});

test('of several files only the one with the backend changes', () => {
  const documents = ['defaults\n balance source\n', 'backend b\n'].map((text, index) =>
    parseText(`${index}`, text),
  );
  const edit = setBalance(documents, { proxy: 'b', algorithm: 'first' });
  assert.equal(edit.documents[0], documents[0]);
  assert.equal(edit.documents[1] && printText(edit.documents[1]), 'backend b\n    balance first\n');
  assert.equal(documents[1] && printText(documents[1]), 'backend b\n');
});

const ending = fc.constantFrom('\n', '\r\n');
const statement = fc.constantFrom(
  'mode http',
  'balance source',
  'balance uri  whole # "x',
  'balance "leastconn"',
  '\tserver s 127.0.0.1:80',
  '# balance first',
  '',
  '   ',
  'option httpchk GET "/a b"',
  'balance',
  'mode tcp#\xff',
);
const lines = fc.array(fc.tuple(fc.constantFrom('', '\t', '  '), statement, ending), {
  maxLength: 6,
});
const body = lines.map((all) => all.map((parts) => parts.join('')).join(''));
const head = fc.tuple(fc.constantFrom('backend', 'listen', ' backend'), ending);
const file = fc
  .tuple(body, head, body, body, fc.boolean())
  .map(([defaults, [kind, end], own, other, cut]) => {
    const text = `defaults${end}${defaults}${kind} b${end}${own}backend c${end}${other}`;
    return cut ? text.replace(/\r?\n$/, '') : text;
  });
const algorithm = fc.constantFrom('leastconn', 'uri whole', 'source', 'hash "x y"', 'hdr(a)');

test('an edit changes one line at most, and only the backend that it names', () => {
  fc.assert(
    fc.property(file, algorithm, (text, wanted) => {
      const edit = set(text, wanted);
      const now = after(edit);
      const [b, c] = resolve([parseText('a', now)]).proxies.map((one) => balanceOf(one).value);
      const [, cBefore] = resolve([parseText('a', text)]).proxies.map((p) => balanceOf(p).value);
      assert.equal(b?.join(' '), wanted.replaceAll('"', ''));
      assert.deepEqual(c, cBefore);
      assert.equal(set(now, wanted).kind, 'unchanged');
      if (edit.kind === 'unchanged') return assert.equal(now, text);
      assertOneLine(text, now, edit.change.line, edit.change.kind === 'inserted');
    }),
    { numRuns: 3000 },
  );
});

/** Without the changed line, and with its newline where it was put after the last line. */
function assertOneLine(before: string, now: string, line: number, isNew: boolean): void {
  const old = before.split(/(?<=\n)/);
  const fresh = now.split(/(?<=\n)/);
  fresh.splice(line - 1, 1);
  if (!isNew) old.splice(line - 1, 1);
  const kept = fresh.join('');
  const wasLast = isNew && !before.endsWith('\n') && line - 1 === old.length;
  assert.equal(wasLast ? kept.replace(/\r?\n$/, '') : kept, old.join(''));
}
