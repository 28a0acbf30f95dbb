import assert from 'node:assert/strict';
import { test } from 'node:test';
import { reasonNotTo, type TrialOutcome } from '../../src/trial/outcome.js';
import { judgeOutcomes } from '../../src/trial/outcomes.js';
import type { Trial } from '../../src/trial/trial.js';
import { losses, trial } from '../fakes/trials.js';

const CONTROL = measured(trial('haproxy -sf', { verdict: 'lossy', lost: losses({ reset: 4 }) }));
const QUIESCE = measured(trial('quiesce'));

test('a control that lost and a method that did not are a proof', () => {
  assert.equal(judgeOutcomes([CONTROL, QUIESCE]).verdict, 'lossless');
});

test('a run that broke makes it inconclusive, and is named with its reason', () => {
  const broken = { kind: 'failed', spec: trial('migrate').spec, why: 'no such lab' } as const;
  const { verdict, why } = judgeOutcomes([CONTROL, QUIESCE, broken]);
  assert.equal(verdict, 'inconclusive');
  assert.deepEqual(why, ['migrate, new connections: no such lab']);
});

test('a way that is not usable here takes nothing from the proof of the others', () => {
  const { spec } = trial('migrate');
  const absent = { kind: 'not-measured', spec, why: 'Linux 5.14' } as const;
  assert.equal(judgeOutcomes([CONTROL, QUIESCE, absent]).verdict, 'lossless');
  assert.equal(judgeOutcomes([CONTROL, absent]).verdict, 'inconclusive');
});

test('a reload of hitless that failed makes it inconclusive, one of the control does not', () => {
  const failing = { reloads: [{ ok: false, commandMs: 5, said: 'no socket\n' }] };
  const { verdict, why } = judgeOutcomes([
    CONTROL,
    { ...QUIESCE, trial: { ...trial('quiesce'), ...failing } },
  ]);
  assert.equal(verdict, 'inconclusive');
  assert.deepEqual(why, ['quiesce, new connections: 1 reloads failed: no socket']);
  const control = { ...CONTROL, trial: { ...CONTROL.trial, ...failing } };
  assert.equal(judgeOutcomes([control, QUIESCE]).verdict, 'lossless');
});

test('what hitless refuses unless it is forced proves nothing either way', () => {
  const lost = losses({ 'closed-reused': 9 });
  const refused = measured(trial('fd-pass', { lost }, { connections: 'keep-alive' }));
  const { verdict, sent } = judgeOutcomes([CONTROL, QUIESCE, refused]);
  assert.deepEqual([verdict, sent], ['lossless', 5000]);
  const lossy = measured(trial('fd-pass', { lost }));
  assert.equal(judgeOutcomes([CONTROL, QUIESCE, lossy]).verdict, 'lossy');
});

test('a way that says it is not usable here is not measured, and says why', async () => {
  const unusable = async () => await Promise.resolve('nginx is not installed');
  assert.equal(await reasonNotTo({ control: false, unusable }, 'new'), 'nginx is not installed');
  const usable = async () => await Promise.resolve(undefined);
  assert.equal(await reasonNotTo({ control: false, unusable: usable }, 'new'), undefined);
  const broken = async () => await Promise.reject(new Error('no nft'));
  assert.equal(await reasonNotTo({ control: false, unusable: broken }, 'new'), 'no nft');
});

test('a way is measured only with connections that its lab serves', async () => {
  assert.equal(await reasonNotTo({ control: false }, 'keep-alive'), undefined);
  assert.match((await reasonNotTo({ control: false }, 'tls')) ?? '', /no service for tls/);
  assert.equal(await reasonNotTo({ control: false, connections: ['tls'] }, 'tls'), undefined);
});

function measured(one: Trial): Extract<TrialOutcome, { kind: 'measured' }> {
  return { kind: 'measured', spec: one.spec, trial: one };
}
