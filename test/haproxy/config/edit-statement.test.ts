import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HitlessError } from '../../../src/error.js';
import { parseText, printText } from '../../../src/haproxy/config/document.js';
import { setStatement, type StatementRequest } from '../../../src/haproxy/config/edit-statement.js';

function edit(text: string, request: StatementRequest) {
  return setStatement([parseText('a.cfg', text)], request);
}

const GLOBAL = { kind: 'global', name: '' };
const B = { kind: 'backend', name: 'b' };
const OPTION = 'option idle-close-on-response';

/** Title, before, request, after. */
const EDITS: readonly (readonly [string, string, StatementRequest, string])[] = [
  [
    'the last of a keyword gets new words',
    'global\n\tmaxconn 1\n\tmaxconn  2 # c\n',
    { section: GLOBAL, keyword: 'maxconn', words: ['30'] },
    'global\n\tmaxconn 1\n\tmaxconn  30 # c\n',
  ],
  [
    'a second word tells timeouts apart',
    'backend b\n  timeout connect 1s\n  timeout server 2s\n  balance first\n',
    { section: B, keyword: 'timeout server', words: ['9s'] },
    'backend b\n  timeout connect 1s\n  timeout server 9s\n  balance first\n',
  ],
  [
    'a new line goes beside its relatives',
    'backend b\n  mode http\n  timeout connect 1s # c\n  balance first\n',
    { section: B, keyword: 'timeout server', words: ['9s'] },
    'backend b\n  mode http\n  timeout connect 1s # c\n  timeout server 9s\n  balance first\n',
  ],
  [
    'an option needs no words',
    'backend b\n  mode http\n',
    { section: B, keyword: OPTION, words: [] },
    `backend b\n  mode http\n  ${OPTION}\n`,
  ],
  [
    '"no" is taken off',
    `backend b\n  no ${OPTION} # c\n`,
    { section: B, keyword: OPTION, words: [], negated: false },
    `backend b\n  ${OPTION} # c\n`,
  ],
  [
    '"no" is put on',
    `backend b\n  ${OPTION} # c\n`,
    { section: B, keyword: OPTION, words: [], negated: true },
    `backend b\n  no ${OPTION} # c\n`,
  ],
  [
    'null takes all of that keyword away',
    'global\n maxconn 1\n nbthread 2\n maxconn 3',
    { section: GLOBAL, keyword: 'maxconn', words: null },
    'global\n nbthread 2\n',
  ],
  [
    'several global sections are one',
    'global\n daemon\nglobal\n maxconn 3\n',
    { section: GLOBAL, keyword: 'maxconn', words: ['4'] },
    'global\n daemon\nglobal\n maxconn 4\n',
  ],
  [
    'a section is made where it is asked for',
    '# head\nbackend b\n',
    { section: GLOBAL, keyword: 'maxconn', words: ['4'], create: true },
    'global\n    maxconn 4\n\n# head\nbackend b\n',
  ],
  [
    'defaults are made before what they count for',
    'global\n daemon\nbackend b\n',
    { section: { kind: 'defaults', name: '' }, keyword: 'mode', words: ['http'], create: true },
    'global\n daemon\ndefaults\n    mode http\n\nbackend b\n',
  ],
  [
    'one of several of a name is told by its place',
    'defaults\n mode tcp\ndefaults\n mode tcp\n',
    {
      section: { kind: 'defaults', name: '', at: { file: 'a.cfg', line: 3 } },
      keyword: 'mode',
      words: ['http'],
    },
    'defaults\n mode tcp\ndefaults\n mode http\n',
  ],
];

for (const [title, before, request, after] of EDITS) {
  test(title, () => {
    const result = edit(before, request);
    assert.equal(result.kind, 'changed');
    assert.equal(result.documents.map(printText).join(''), after);
    for (const change of result.changes) {
      if (change.kind === 'removed') continue;
      const line = result.documents[0]?.lines[change.line - 1];
      assert.equal(line?.text.replace(/\r?\n$/, ''), change.after);
    }
  });
}

test('what stands there already is left alone', () => {
  for (const [text, request] of [
    ['global\n maxconn "30" # c\n', { section: GLOBAL, keyword: 'maxconn', words: ['30'] }],
    ['global\n', { section: GLOBAL, keyword: 'maxconn', words: null }],
    ['', { section: GLOBAL, keyword: 'maxconn', words: null }],
  ] as const) {
    const result = edit(text, request);
    assert.equal(result.kind, 'unchanged');
    assert.equal(result.documents.map(printText).join(''), text);
  }
});

/** Title, text, request, code. */
const REFUSALS: readonly (readonly [string, string, StatementRequest, string])[] = [
  [
    'two sections of one name',
    'defaults\ndefaults\n',
    { section: { kind: 'defaults', name: '' }, keyword: 'mode', words: ['http'] },
    'target-ambiguous',
  ],
  [
    'a section that is not there',
    'global\n',
    { section: B, keyword: 'mode', words: ['http'], create: true },
    'config-unknown-name',
  ],
  [
    'a statement in a conditional block',
    'global\n.if defined(X)\n maxconn 1\n.endif\n',
    { section: GLOBAL, keyword: 'maxconn', words: ['2'] },
    'target-ambiguous',
  ],
  [
    'a word with a line end',
    'global\n',
    { section: GLOBAL, keyword: 'maxconn', words: ['2\ndaemon'] },
    'usage',
  ],
];

for (const [title, text, request, code] of REFUSALS) {
  test(`refused: ${title}`, () => {
    assert.throws(
      () => edit(text, request),
      (error) => error instanceof HitlessError && error.code === code,
    );
  });
}
