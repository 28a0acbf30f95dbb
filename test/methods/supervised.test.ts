import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Facts } from '../../src/methods/facts.js';
import type { MethodName } from '../../src/methods/method.js';
import { METHODS } from '../../src/methods/registry.js';
import { throughBridge } from '../../src/methods/supervised.js';
import { FACTS, NO_ADMIN, UNIX } from './facts.js';

const SUPERVISED: Facts = {
  ...FACTS,
  mode: 'foreground',
  supervisor: { pid: 5, startTicks: 50 },
};

function idsOf(method: MethodName, facts: Facts): readonly [handOver: string, retire: string] {
  const { handOver, retire } = throughBridge(
    METHODS[method].plan({ drainTimeoutMs: 500 }, facts),
    facts,
    500,
  );
  return [handOver.map(({ id }) => id).join(' '), retire.map(({ id }) => id).join(' ')];
}

test('without a supervisor nothing is added to the plan', () => {
  const steps = METHODS.quiesce.plan({ drainTimeoutMs: 500 }, FACTS);
  assert.deepEqual(throughBridge(steps, FACTS, 500), steps);
});

test('the bridge stays reachable, and leaves when the supervisor has started HAProxy again', () => {
  assert.deepEqual(idsOf('quiesce', SUPERVISED), [
    'runtime start confirm bridge-link quiesce',
    'bridge-runtime drained stop again ' +
      'bridge-migrate-on bridge-quiesce bridge-handshakes bridge-migrate-back ' +
      'bridge-drained bridge-stop',
  ]);
});

test('a kernel that migrates anyway is left alone', () => {
  const [, retire] = idsOf('fd-pass', { ...SUPERVISED, migrateRequests: 'on' });
  assert.equal(
    retire,
    'bridge-runtime again bridge-quiesce bridge-handshakes bridge-drained bridge-stop',
  );
});

test('a kernel that cannot migrate is not asked to, and the bridge leaves all the same', () => {
  const [, retire] = idsOf('fd-pass', { ...SUPERVISED, migrateRequests: 'absent' });
  assert.equal(retire, 'bridge-runtime again bridge-quiesce bridge-drained bridge-stop');
});

test('without level admin the bridge is soft-stopped', () => {
  assert.deepEqual(idsOf('fd-pass', { ...SUPERVISED, runtime: NO_ADMIN.runtime }), [
    'start confirm stop',
    'again bridge-migrate-on bridge-stop bridge-handshakes bridge-migrate-back',
  ]);
});

test('the bridge is a daemon and leaves the pid file of the supervised process alone', () => {
  const foreground = { ...SUPERVISED.arguments, daemon: false, foreground: true };
  const facts = { ...SUPERVISED, arguments: foreground };
  const [, start] = METHODS.quiesce.plan({ drainTimeoutMs: 500 }, facts).handOver;
  assert.ok(start?.kind === 'start-generation');
  assert.equal(start.argv.join(' '), '/usr/sbin/haproxy -f /a.cfg -D -x /stats');
  assert.equal(start.pidFile, null);
});

test('under a supervisor everything that is lossless as a daemon stays so', () => {
  for (const method of ['fd-pass', 'quiesce', 'migrate'] as const) {
    assert.deepEqual(METHODS[method].assess(SUPERVISED), { usable: true, losses: [] }, method);
  }
});

const LOSSES: readonly (readonly [string, Facts, RegExp])[] = [
  ['an old kernel', { ...SUPERVISED, migrateRequests: 'absent' }, /the queue of the bridge/],
  ['no admin level', { ...SUPERVISED, runtime: NO_ADMIN.runtime }, /the queue of the bridge/],
  ['a unix socket', { ...SUPERVISED, listeners: UNIX.listeners }, /the queue of \/web/],
];

for (const [what, facts, loss] of LOSSES) {
  test(`under a supervisor ${what} costs a loss, whose remedy is a master`, () => {
    const assessment = METHODS['fd-pass'].assess(facts);
    assert.ok(assessment.usable);
    assert.equal(assessment.losses.length, 1);
    assert.match(assessment.losses[0]?.what ?? '', loss);
    assert.match(assessment.losses[0]?.remedy ?? '', /-W -db/);
  });
}
