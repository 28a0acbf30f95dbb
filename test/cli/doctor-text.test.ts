import assert from 'node:assert/strict';
import { test } from 'node:test';
import { diagnosesDocument, diagnosesText, fixesText } from '../../src/cli/doctor-text.js';
import { diagnoseReloads, type Diagnosis } from '../../src/doctor/diagnose.js';
import { facts } from '../doctor/facts.js';

const TEXT = `global
  nbproc 2
defaults
  mode http
  timeout client 1m
frontend a
  bind fd00::1:80
frontend b
  bind quic4@:443
`;

function found(): readonly Diagnosis[] {
  return diagnoseReloads(facts({ text: TEXT, mode: 'master-worker' }), []);
}

for (const columns of [80, 120]) {
  test(`no line is wider than ${columns} columns, and none has colour into a pipe`, () => {
    const text = diagnosesText(found(), columns, false);
    assert.deepEqual(
      text.split('\n').filter((line) => line.length > columns),
      [],
    );
    assert.ok(!text.includes('\u001b'));
  });
}

test('signs of one check share its reason, and the last line counts', () => {
  const text = diagnosesText(found(), 120, false);
  assert.match(text, /^warning .*:6: frontend a cuts .*\n {8}.*:8: frontend b cuts .*\nbecause /m);
  assert.match(
    text,
    /\nproblems: 1 error, \d+ warnings.*"hitless doctor --fix" mends \d of them\n$/,
  );
});

test('nothing found is said in one line, and is good', () => {
  assert.equal(diagnosesText([], 80, true), 'good: nothing was found\n');
  assert.deepEqual(diagnosesDocument([]), { schemaVersion: 1, result: 'good', findings: [] });
});

test('the document has no edits in it, and says what can be mended', () => {
  const { findings } = diagnosesDocument(found()) as {
    findings: readonly Record<string, unknown>[];
  };
  const idle = findings.find(({ check }) => check === 'idle-close');
  assert.deepEqual([idle?.['fixable'], 'fix' in (idle ?? {})], [true, false]);
});

test('a mended line is shown as it was and as it is, a new one as it is', () => {
  const lines = [
    { file: 'a.cfg', line: 2, before: '\tbind x', after: '\tbind x v6only' },
    { file: 'a.cfg', line: 3, before: null, after: '\toption y' },
  ];
  assert.equal(
    fixesText(lines, false),
    'a.cfg:2\n- \tbind x\n+ \tbind x v6only\na.cfg:3\n+ \toption y\n',
  );
});
