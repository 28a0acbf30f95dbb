import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Facts } from '../../src/methods/facts.js';
import type { MethodName } from '../../src/methods/method.js';
import { METHODS } from '../../src/methods/registry.js';
import { effectOf, type Step } from '../../src/steps/registry.js';
import { FACTS, IPV6, MASTER, NO_ADMIN } from './facts.js';

const plan = (method: MethodName, facts: Facts) =>
  METHODS[method].plan({ drainTimeoutMs: 500 }, facts);
const ids = (steps: readonly Step[]): string => steps.map(({ id }) => id).join(' ');
const step = <K extends Step['kind']>(
  steps: readonly Step[],
  kind: K,
): Extract<Step, { kind: K }> => {
  const found = steps.find((one): one is Extract<Step, { kind: K }> => one.kind === kind);
  assert.ok(found, `no step ${kind}`);
  return found;
};

const ORDER: readonly (readonly [string, MethodName, Facts, string, string])[] = [
  [
    'fd-pass proves the new process before the old one is told to finish',
    'fd-pass',
    FACTS,
    'start confirm stop',
    '',
  ],
  [
    'fd-pass covers a socket that is not passed on',
    'fd-pass',
    IPV6,
    'migrate-on start confirm stop handshakes migrate-back',
    '',
  ],
  ['a master tells its old worker by itself', 'fd-pass', MASTER, 'start confirm stopping', ''],
  [
    'quiesce opens its way to the old process before that may be gone',
    'quiesce',
    FACTS,
    'runtime start confirm quiesce',
    'drained stop',
  ],
  [
    'migrate puts the kernel back only when the handshakes have ended',
    'migrate',
    FACTS,
    'migrate-on runtime start confirm quiesce handshakes migrate-back',
    'drained stop',
  ],
  [
    'migrate without level admin soft-stops at once',
    'migrate',
    NO_ADMIN,
    'migrate-on start confirm stop handshakes migrate-back',
    '',
  ],
  [
    'migrate leaves a kernel alone that migrates anyway',
    'migrate',
    { ...FACTS, migrateRequests: 'on' },
    'runtime start confirm quiesce handshakes',
    'drained stop',
  ],
  [
    'syn-hold holds SYNs before the new process listens, and until only its listeners are left',
    'syn-hold',
    FACTS,
    'runtime hold start confirm renew quiesce closed held release',
    'drained stop',
  ],
  [
    'syn-drop without level admin soft-stops at once',
    'syn-drop',
    NO_ADMIN,
    'hold start confirm renew stop closed held release',
    '',
  ],
  ['plain leaves everything to -sf', 'plain', FACTS, 'start confirm stopping', ''],
];

for (const [title, method, facts, handOver, retire] of ORDER) {
  test(title, () => {
    const steps = plan(method, facts);
    assert.equal(ids(steps.handOver), handOver);
    assert.equal(ids(steps.retire), retire);
    const all = [...steps.handOver, ...steps.retire].map(({ id }) => id);
    assert.equal(new Set(all).size, all.length, 'names of steps are unique');
  });
}

test('nothing final stands before the proof of the new process, but for plain and a master', () => {
  for (const method of ['fd-pass', 'quiesce', 'migrate', 'syn-hold', 'syn-drop'] as const) {
    const { handOver } = plan(method, FACTS);
    const proof = handOver.findIndex(({ kind }) => kind === 'confirm-generation');
    const final = handOver.findIndex((one) => effectOf(one) === 'final');
    assert.ok(proof >= 0 && final > proof, method);
  }
});

test('a kernel setting is put back in a namespace that a living process has: the new one', () => {
  const { handOver } = plan('migrate', FACTS);
  assert.deepEqual(step(handOver, 'set-sysctl').namespaceOf, FACTS.serving);
  assert.deepEqual(step(handOver, 'restore-sysctl').namespaceOf, { startedBy: 'start' });
});

test('the very sockets are expected where they are passed on, new ones elsewhere', () => {
  const expected = (method: MethodName) =>
    step(plan(method, IPV6).handOver, 'confirm-generation').listeners.map(({ local, inode }) => [
      local,
      inode,
    ]);
  assert.deepEqual(expected('fd-pass'), [
    ['0.0.0.0:80', 1],
    ['[::1]:80', null],
    ['0.0.0.0:81', null],
  ]);
  assert.deepEqual(expected('migrate'), [
    ['0.0.0.0:80', null],
    ['[::1]:80', null],
    ['0.0.0.0:81', null],
  ]);
});

test('only what was not passed on is paused before its frontend is shut down', () => {
  assert.equal(step(plan('quiesce', FACTS).handOver, 'quiesce').pauseFirst, false);
  assert.equal(step(plan('migrate', FACTS).handOver, 'quiesce').pauseFirst, true);
});

test('the new process is started as the old one was, plus what the method needs', () => {
  const argv = (method: MethodName) =>
    step(plan(method, FACTS).handOver, 'start-generation').argv.join(' ');
  const base = '/usr/sbin/haproxy -f /a.cfg -D -p /a.pid';
  assert.equal(argv('fd-pass'), `${base} -x /stats`);
  assert.equal(argv('quiesce'), `${base} -x /stats`);
  assert.equal(argv('migrate'), base);
  assert.equal(argv('plain'), `${base} -sf 7`);
});

test('clients are waited for on every address of the old process, for as long as was asked', () => {
  const drained = step(plan('quiesce', FACTS).retire, 'await-drained');
  assert.equal(drained.timeoutMs, 500);
  assert.deepEqual(
    drained.listeners.map(({ local }) => local),
    ['0.0.0.0:80', '0.0.0.0:82'],
  );
});

test('a plan is plain data: it survives being written down', () => {
  for (const method of ['fd-pass', 'quiesce', 'migrate', 'plain'] as const) {
    const steps = plan(method, IPV6);
    assert.deepEqual(JSON.parse(JSON.stringify(steps)), steps);
  }
});

test('a start under a hold must end, and be confirmed, before the hold does', () => {
  const { handOver } = plan('syn-drop', FACTS);
  const hold = step(handOver, 'hold-syns');
  const start = step(handOver, 'start-generation').timeoutMs ?? Number.POSITIVE_INFINITY;
  const confirm = step(handOver, 'confirm-generation').timeoutMs ?? Number.POSITIVE_INFINITY;
  assert.ok(hold.quietTimeoutMs + start + confirm < hold.holdMs);
});
