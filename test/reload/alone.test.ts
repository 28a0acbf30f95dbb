import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EXIT, messageOf } from '../../src/error.js';
import { takeLock } from '../../src/journal/lock.js';
import { RELOAD_LOCK } from '../../src/reload/recover.js';
import { reload } from '../../src/reload/reload.js';
import { startHitless } from '../fakes/fake-host.js';
import { assertSettled, settle, snapshot } from './invariants.js';
import { exitCodeOf, runRecover, runReload } from './runs.js';
import { buildWorld, requestOf, scenarioNamed, servingOf, STATE_DIR } from './scenarios.js';

const QUIESCE = scenarioNamed('quiesce, with an edit');

test('a reload is refused while another one runs', async () => {
  const world = buildWorld(QUIESCE);
  await takeLock(startHitless(world).host, STATE_DIR, RELOAD_LOCK);
  const outcome = await runReload(world, QUIESCE);
  assert.equal(exitCodeOf(outcome), EXIT.locked);
  assert.equal(outcome.effects.log.length, 0);
});

test('recover neither undoes nor finishes anything while a reload runs', async () => {
  const world = buildWorld(QUIESCE);
  await runReload(world, QUIESCE, { kind: 'crash', at: 15, mode: 'after' });
  const other = startHitless(world);
  const lock = await takeLock(other.host, STATE_DIR, RELOAD_LOCK);
  const pids = world.haproxies().map(({ pid }) => pid);
  const journal = `${STATE_DIR}/runs/${world.files.list(`${STATE_DIR}/open`)[0] ?? ''}/journal`;
  const written = world.files.text(journal);
  assert.equal(exitCodeOf(await runRecover(world, QUIESCE)), EXIT.locked);
  assert.deepEqual(
    world.haproxies().map(({ pid }) => pid),
    pids,
  );
  assert.equal(world.files.text(journal), written);
  await lock.release();
  assert.equal((await runRecover(world, QUIESCE)).error, undefined);
});

test('a run that a living process looks after is left to it', async () => {
  const world = buildWorld(QUIESCE);
  await runReload(world, QUIESCE, { kind: 'crash', at: 15, mode: 'after' });
  const [runId = ''] = world.files.list(`${STATE_DIR}/open`);
  await takeLock(startHitless(world).host, STATE_DIR, `run-${runId}`);
  const outcome = await runRecover(world, QUIESCE);
  assert.deepEqual(outcome.result, [{ runId, outcome: 'watched' }]);
});

test('without --wait another process drains, and the reload does not take its lock away', async () => {
  const world = buildWorld(QUIESCE);
  const oldPid = servingOf(world).pid;
  const hitless = startHitless(world);
  const drainer = startHitless(world);
  let lockName = '';
  const result = await reload(hitless.host, requestOf(QUIESCE), {
    stateDir: STATE_DIR,
    onEvent: () => undefined,
    dryRun: false,
    wait: false,
    waitLockMs: 0,
    onDraining: async (runId) => {
      lockName = `run-${runId}`;
      await takeLock(drainer.host, STATE_DIR, lockName);
    },
  });
  assert.equal(result.draining, true);
  assert.ok(
    world.files.text(`${STATE_DIR}/locks/${lockName}`)?.includes(`${drainer.host.self.pid}`),
  );
  hitless.exit();
  drainer.exit();
  assert.equal((await runRecover(world, QUIESCE)).error, undefined);
  settle(world);
  assertSettled(world, QUIESCE, oldPid);
});

test('a process for draining that cannot be started is reported, not swallowed', async () => {
  const world = buildWorld(QUIESCE);
  const hitless = startHitless(world);
  const work = reload(hitless.host, requestOf(QUIESCE), {
    stateDir: STATE_DIR,
    onEvent: () => undefined,
    dryRun: false,
    wait: false,
    waitLockMs: 0,
    onDraining: async () => {
      throw new Error('spawn EAGAIN');
    },
  });
  await assert.rejects(work, (error) => /spawn EAGAIN\nnot put back: /.test(messageOf(error)));
});

test('an interruption before the hand-over puts everything back', async () => {
  const world = buildWorld(QUIESCE);
  const oldPid = servingOf(world).pid;
  const { host, exit } = startHitless(world);
  const abort = new AbortController();
  const work = reload(host, requestOf(QUIESCE), {
    stateDir: STATE_DIR,
    signal: abort.signal,
    onEvent: (event) => {
      if (event.kind === 'step' && event.step.id === 'confirm') abort.abort();
    },
    dryRun: false,
    wait: true,
    waitLockMs: 0,
    onDraining: async () => undefined,
  });
  await assert.rejects(work, { code: 'interrupted', exitCode: EXIT.interrupted });
  exit();
  settle(world);
  assertSettled(world, QUIESCE, oldPid);
});

test('a dry run changes nothing but for the candidate that it takes away again', async () => {
  const world = buildWorld(QUIESCE);
  const before = snapshot(world);
  const { host } = startHitless(world);
  const result = await reload(host, requestOf(QUIESCE), {
    stateDir: STATE_DIR,
    onEvent: () => undefined,
    dryRun: true,
    wait: false,
    waitLockMs: 0,
    onDraining: async () => undefined,
  });
  assert.equal(result.result, 'planned');
  assert.deepEqual(snapshot(world), before);
});
