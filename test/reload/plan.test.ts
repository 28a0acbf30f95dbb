import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Facts } from '../../src/methods/facts.js';
import type { MethodName } from '../../src/methods/method.js';
import { chooseMethod, makePlan, needsWatching, type Plan } from '../../src/reload/plan.js';
import type { Step } from '../../src/steps/registry.js';
import { CUTTING, FACTS, MASTER, NOT_PASSING } from '../methods/facts.js';

const NOTHING = { edits: [], notes: [] };
const CHANGED: Facts = { ...FACTS, runningKnown: false };

function planOf(
  method: MethodName,
  facts: Facts,
  extra: Parameters<typeof makePlan>[3] = NOTHING,
): Plan {
  const choice = { kind: 'chosen', method, reasons: ['why'], losses: [] } as const;
  return makePlan(choice, { drainTimeoutMs: 500 }, facts, extra);
}

test('a plan names the process that it replaces, and hands on reasons, losses and notes', () => {
  const loss = { what: 'a', because: 'b', remedy: 'c' };
  const choice = { kind: 'chosen', method: 'fd-pass', reasons: ['why'], losses: [loss] } as const;
  const plan = makePlan(choice, { drainTimeoutMs: 500 }, FACTS, { edits: [], notes: ['note'] });
  assert.deepEqual(
    [plan.oldPids, plan.reasons, plan.losses, plan.notes],
    [[7], ['why'], [loss], ['note']],
  );
});

test('files are written before anything reads them', () => {
  const edit: Step = {
    kind: 'replace-file',
    id: 'edit-1',
    path: '/a.cfg',
    formerSha256: '',
    contentBase64: '',
    summary: '',
  };
  for (const method of ['fd-pass', 'quiesce', 'migrate', 'plain'] as const) {
    assert.equal(planOf(method, FACTS, { edits: [edit], notes: [] }).handOver[0], edit, method);
  }
});

test('files that have changed since leave open whether the old process spares idle clients', () => {
  assert.match(planOf('fd-pass', CHANGED).unverified ?? '', /since pid 7 read them/);
  assert.match(planOf('fd-pass', { ...MASTER, runningKnown: false }).unverified ?? '', /pid 7/);
});

test('what does not rest on an option of the running process is sure', () => {
  const tcp = FACTS.frontends.map((frontend) => ({ ...frontend, http: false }));
  const sure: readonly (readonly [MethodName, Facts])[] = [
    ['fd-pass', FACTS],
    ['fd-pass', { ...CHANGED, frontends: tcp }],
    ['quiesce', CHANGED],
    ['plain', CHANGED],
  ];
  for (const [method, facts] of sure) assert.equal(planOf(method, facts).unverified, null, method);
});

test('migrate with a soft stop rests on that option as well', () => {
  const facts = { ...CHANGED, runtime: { ...FACTS.runtime, admin: false } };
  assert.match(planOf('migrate', facts).unverified ?? '', /idle-close-on-response/);
  assert.equal(planOf('migrate', CHANGED).unverified, null);
});

test('only a plan under a supervisor has to be seen through', () => {
  assert.equal(needsWatching(planOf('quiesce', FACTS)), false);
  const supervised: Facts = {
    ...FACTS,
    mode: 'foreground',
    supervisor: { pid: 5, startTicks: 50 },
  };
  assert.equal(needsWatching(planOf('quiesce', supervised)), true);
});

test('when all lose and none is allowed, each is passed over with cause, remedy and usability', () => {
  const facts: Facts = {
    ...NOT_PASSING,
    frontends: CUTTING.frontends,
    migrateRequests: 'absent',
    holds: null,
  };
  const choice = chooseMethod(facts, true);
  assert.ok(choice.kind === 'none');
  assert.deepEqual(
    choice.passedOver.map(({ method, usable }) => [method, usable]),
    [
      ['fd-pass', false],
      ['quiesce', false],
      ['migrate', false],
      ['flip', false],
      ['rolling', false],
      ['handoff', false],
      ['syn-hold', false],
      ['syn-drop', false],
    ],
  );
  for (const { because, remedy } of choice.passedOver) assert.ok(because !== '' && remedy !== '');
});
