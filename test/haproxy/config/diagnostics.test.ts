import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parse, parseText } from '../../../src/haproxy/config/document.js';
import { diagnose } from '../../../src/haproxy/config/diagnostics.js';
import { evaluate } from '../../../src/haproxy/config/evaluate.js';
import { referencesOf } from '../../../src/haproxy/config/references.js';
import { resolve } from '../../../src/haproxy/config/resolve.js';
import { serversOf } from '../../../src/haproxy/config/servers.js';

function said(text: string): readonly string[] {
  return diagnose(resolve([parseText('a.cfg', text)])).map(
    ({ severity, line, column, message }) =>
      `${severity === 'error' ? '' : 'warning '}${line}:${column} ${message}`,
  );
}

/** Title, text, what is said. */
const FINDINGS: readonly (readonly [string, string, readonly string[]])[] = [
  ['nothing is wrong', 'global\n daemon\nfrontend a\nbackend a\n', []],
  ['a lone quote', 'global\n x "y\n', ['2:4 unmatched quote']],
  ['a NUL', 'global\n x\0y\n', ['2:3 stray NUL character']],
  ['too many words', `global\n x${' y'.repeat(64)}\n`, ['2:129 more than 64 words']],
  ['as many words as there may be', `global\n x${' y'.repeat(63)}\n`, []],
  ['a space after them', `global\n x${' y'.repeat(63)} # c\n`, ['2:129 more than 64 words']],
  [
    'a line before the first section',
    ' backnd a\nglobal\n',
    ['1:2 "backnd" stands before the first section; did you mean backend?'],
  ],
  [
    'a file that is cut off',
    'global\n daemon',
    ['2:8 the last line has no line end: the file may be cut off'],
  ],
  [
    'blocks that do not match',
    '.else\n.endif\n.if 1\n.else x\n.elif 1\n',
    [
      '1:1 ".else" without ".if"',
      '2:1 ".endif" without ".if"',
      '3:1 this ".if" has no ".endif"',
      '4:7 ".else" takes no argument',
      '5:1 ".elif" after ".else"',
    ],
  ],
  [
    'directives',
    'global\n.foo\n.notice a b\n.alert "no good"\n.warning "old"\n.if 0\n.alert x\n.endif\n',
    [
      '2:1 unknown directive ".foo"',
      '3:11 a message with spaces needs quotes',
      '4:1 the configuration itself says: no good',
      'warning 5:1 the configuration itself says: old',
    ],
  ],
  ['a section without its name', 'backend\n', ['1:1 "backend" needs a name']],
  ['a name with a bad letter', 'backend a/b\n', ['1:9 a name must not hold "/": a/b']],
  [
    'defaults that are not there',
    'defaults base\nbackend b from bas\n',
    ['2:16 there are no defaults "bas"; did you mean base?'],
  ],
  [
    'defaults that come later',
    'backend b from x\ndefaults x\n',
    ['1:16 defaults "x" come only later (a.cfg:2)'],
  ],
  [
    'defaults in a circle',
    'defaults x from y\ndefaults y from x\n',
    ['1:17 defaults "y" come only later (a.cfg:2), which inherits from this one: a circle'],
  ],
  [
    'defaults of themselves',
    'defaults x from x\n',
    ['1:17 defaults "x" come only later (a.cfg:1), which inherits from this one: a circle'],
  ],
  [
    'two defaults of one name, used by name',
    'defaults x\ndefaults x\nbackend b from x\n',
    ['3:16 there are two defaults "x" (lines 1 and 2)'],
  ],
  [
    'two sections of one name',
    'frontend a\nlisten a\nbackend b\nbackend b\npeers p\npeers p\nuserlist u\nuserlist u\n',
    [
      '2:8 listen a has the name of frontend at a.cfg:1',
      '4:9 backend b has the name of backend at a.cfg:3',
      '6:7 peers p has the name of peers at a.cfg:5',
      'warning 8:10 userlist u has the name of userlist at a.cfg:7',
    ],
  ],
  [
    'two servers of one name',
    'backend b\n server s :1\n server s :2\n',
    ['3:9 server s has the name of that in line 2'],
  ],
  ['what a branch says that may not count', '.if 0\n x\nbackend\nbackend a/b from c\n.endif\n', []],
  ['a listen section after a backend of its name', 'backend b\nlisten b\n', []],
  ['two of one name in branches', '.if 1\nbackend b\n.else\nbackend b\n.endif\n', []],
  [
    'a section that is not known',
    'global\n daemon\nfuture-thing x\n a b\n',
    ['warning 3:1 no section "future-thing" is known: its lines are taken as of "global"'],
  ],
  ['a file without any indentation', 'global\ndaemon\nmaxconn 1\n', []],
];

for (const [title, text, expected] of FINDINGS) {
  test(title, () => assert.deepEqual(said(text), expected));
}

test('findings are in the order of files and lines, each with its file', () => {
  const first = parseText('b.cfg', 'backend x\nbackend y from z\n');
  const second = parseText('a.cfg', 'backend x\n q "\n');
  assert.deepEqual(
    diagnose(resolve([first, second])).map(({ file, line }) => `${file}:${line}`),
    ['b.cfg:2', 'a.cfg:1', 'a.cfg:2'],
  );
});

test('what evaluation left open is a warning, what HAProxy refuses an error', () => {
  const text = 'global\n.if feature(X)\n.endif\n.if nonsense\n.endif\n.if 0\n.alert x\n.endif\n';
  const config = evaluate([parseText('a', text)], { environment: {}, version: '2.6.12' });
  assert.deepEqual(
    diagnose(config).map(({ severity, line }) => [severity, line]),
    [
      ['warning', 2],
      ['error', 4],
    ],
  );
});

const WORDS = [
  ...[
    'global',
    'defaults',
    'backend',
    'listen',
    'from',
    'server',
    'server-template',
    '.if',
    '.elif',
  ],
  ...[
    '.else',
    '.endif',
    '.alert',
    'setenv',
    'a',
    'b',
    '1-3',
    ':80',
    '"',
    "'",
    '\\',
    '\0',
    '\r',
    '[',
  ],
  ...[
    '"${A[*]-x}"',
    '"$A"',
    '#',
    'defined(',
    ')',
    '&&',
    'default-server',
    'no',
    'crt',
    '-f',
    'map(x)',
  ],
];

test('nothing that reads a configuration throws, whatever the bytes', () => {
  const text = fc
    .array(fc.tuple(fc.constantFrom(...WORDS), fc.constantFrom(' ', '\n', '')), { maxLength: 60 })
    .map((parts) => Buffer.from(parts.flat().join(''), 'latin1'));
  fc.assert(
    fc.property(fc.oneof(text, fc.uint8Array({ maxLength: 300 })), (bytes) => {
      const documents = [parse('a', bytes)];
      const environment = { A: 'x y' };
      for (const config of [
        resolve(documents),
        evaluate(documents, { environment, version: '2.6' }),
      ]) {
        for (const { line, column } of diagnose(config)) assert.ok(line > 0 && column > 0);
        config.proxies.flatMap(serversOf);
        referencesOf(config);
      }
    }),
    { numRuns: 2000 },
  );
});

test('a line of a megabyte, and a thousand defaults in a circle, are read', () => {
  const long = `global\n x ${'a "b" '.repeat(170_000)}\n`;
  assert.deepEqual(said(long).length, 1);
  const circle = Array.from(
    { length: 1000 },
    (_, at) => `defaults d${at} from d${(at + 1) % 1000}\n`,
  );
  assert.equal(said(circle.join('')).length, 999);
});
