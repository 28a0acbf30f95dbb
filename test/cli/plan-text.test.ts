import assert from 'node:assert/strict';
import { test } from 'node:test';
import { planChangesText, planDocument } from '../../src/cli/plan-text.js';
import type { ChangesPlan } from '../../src/reload/changes-plan.js';
import { compared, CONFIG } from '../haproxy/changes/cases.js';

const changes = compared(
  CONFIG,
  CONFIG.replace('weight 10', 'weight 20')
    .replace('roundrobin', 'leastconn')
    .replace('option httpchk', 'option httpchk # why'),
);

const PLAN = {
  changes,
  drift: [
    {
      kind: 'state',
      subject: 'server web/web2',
      detail: 'state',
      running: 'maint',
      files: 'ready',
      place: { file: 'haproxy.cfg', line: 20 },
    },
    {
      kind: 'added-server',
      subject: 'server web/x',
      detail: '',
      running: '10.0.0.9:80',
      files: null,
      place: null,
    },
  ],
  needsReload: true,
  running: { kind: 'known', from: 'kept' },
  version: '2.6.12',
  notes: [],
  instance: { serving: { pid: 42 } },
} as unknown as ChangesPlan;

for (const columns of [80, 120]) {
  test(`no line is wider than ${columns} columns, and a pipe gets no colours`, () => {
    const text = planChangesText(PLAN, columns, false);
    for (const line of text.split('\n')) assert.ok(line.length <= columns, line);
    assert.ok(!text.includes('\u001b'));
  });
}

test('says old and new line with their places, the reason, the drift, and a summary', () => {
  const text = planChangesText(PLAN, 120, false);
  assert.match(
    text,
    /~ server web\/web1: at run time\n {4}- server web1 .*weight 10.*haproxy\.cfg:19\n {4}\+ server web1 .*weight 20/,
  );
  assert.match(
    text,
    /~ backend web: needs a reload\n[^]*because the algorithm is set up when HAProxy starts/,
  );
  assert.match(
    text,
    /~ server web\/web2 state: maint, the files say ready \(haproxy\.cfg:20\); a reload by hitless carries it over/,
  );
  assert.match(text, /\+ server web\/x: added at run time \(10\.0\.0\.9:80\); a reload removes it/);
  assert.match(text, /\n1 at run time, 1 needs a reload, 2 in drift\n$/);
});

test('signs are coloured on a terminal', () => {
  assert.ok(planChangesText(PLAN, 80, true).includes('\u001b[33m~\u001b[0m'));
});

test('the document holds what the text says', () => {
  const document = planDocument(PLAN) as { result: string; summary: unknown; changes: unknown[] };
  assert.equal(document.result, 'changes');
  assert.deepEqual(document.summary, { runtime: 1, reload: 1, nothing: 0, drift: 2 });
});
