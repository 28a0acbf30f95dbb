import assert from 'node:assert/strict';
import { test } from 'node:test';
import { changedSince, parseSavedPlan, type SavedPlan } from '../../src/reload/saved-plan.js';

const SAVED: SavedPlan = {
  schemaVersion: 1,
  kind: 'hitless-plan',
  madeAtMs: 1,
  process: { pid: 7, startTicks: 70 },
  bootId: 'boot',
  configFiles: null,
  newFile: null,
  files: { '/etc/haproxy.cfg': 'aa' },
  referenced: { '/hosts.map': 'bb' },
  changesSha256: 'cc',
  driftSha256: 'dd',
  drift: [],
};

const ROWS: readonly (readonly [string, Partial<SavedPlan>, RegExp | undefined])[] = [
  ['nothing', { madeAtMs: 2 }, undefined],
  [
    'another pid',
    { process: { pid: 8, startTicks: 80 } },
    /pid 7 does not serve any more: pid 8 does/,
  ],
  [
    'the same pid of another process',
    { process: { pid: 7, startTicks: 71 } },
    /does not serve any more/,
  ],
  ['another boot', { bootId: 'later' }, /does not serve any more/],
  ['a file', { files: { '/etc/haproxy.cfg': 'ab' } }, /^\/etc\/haproxy.cfg has changed$/],
  [
    'one more file',
    { files: { '/etc/haproxy.cfg': 'aa', '/etc/more.cfg': 'x' } },
    /^\/etc\/more.cfg has changed$/,
  ],
  ['a map', { referenced: { '/hosts.map': 'bc' } }, /^\/hosts.map has changed$/],
  [
    'a weight',
    {
      driftSha256: 'de',
      drift: [
        {
          kind: 'weight',
          subject: 'server web/a',
          detail: 'weight',
          running: '3',
          files: '10',
          place: null,
        },
      ],
    },
    /^server web\/a: weight was 10 and is 3$/,
  ],
  ['the kept configuration', { changesSha256: 'ce' }, /running configuration is another/],
];

for (const [what, change, expected] of ROWS) {
  test(`a saved plan is told apart from now: ${what}`, () => {
    const changed = changedSince(SAVED, { ...SAVED, ...change }).join('; ');
    if (expected === undefined) assert.equal(changed, '');
    else assert.match(changed, expected);
  });
}

test('only a whole plan of this version is taken for one', () => {
  assert.deepEqual(parseSavedPlan(JSON.stringify(SAVED)), SAVED);
  for (const text of [
    '',
    'global\n',
    '{',
    '{}',
    'null',
    JSON.stringify({ ...SAVED, schemaVersion: 2 }),
  ]) {
    assert.equal(parseSavedPlan(text), undefined, text);
  }
});
