import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findInstance, type Target } from '../../src/haproxy/instance.js';
import { callHaproxy, workersOf } from '../fakes/haproxy.js';
import { startHitless } from '../fakes/fake-host.js';
import type { World } from '../fakes/world.js';
import { runReload } from '../reload/runs.js';
import { buildWorld, PID_PATH, requestOf, scenarioNamed, servingOf } from '../reload/scenarios.js';

const DAEMON = scenarioNamed('fd-pass');
const MASTER = scenarioNamed('master with a socket');
const find = async (world: World, target: Target = {}) =>
  await findInstance(startHitless(world).host, target);

test('the only HAProxy is found without being named', async () => {
  const world = buildWorld(DAEMON);
  const { mode, serving, draining } = await find(world);
  assert.deepEqual([mode, serving.pid, draining], ['daemon', servingOf(world).pid, []]);
});

test('two HAProxys are ambiguous and both are listed', async () => {
  const world = buildWorld(DAEMON);
  world.files.write('/other.cfg', 'frontend o\n bind 127.0.0.1:1\n');
  callHaproxy(world, { argv: ['haproxy', '-D', '-f', '/other.cfg'] });
  const pids = world.haproxies().map(({ pid }) => pid);
  await assert.rejects(find(world), (error: Error & { code?: string }) => {
    assert.equal(error.code, 'target-ambiguous');
    for (const pid of pids) assert.match(error.message, new RegExp(`^ {2}${pid} `, 'm'));
    return true;
  });
  assert.equal((await find(world, { pid: pids[1] ?? 0 })).serving.pid, pids[1]);
});

test('no HAProxy at all is said so', async () => {
  const world = buildWorld(DAEMON);
  world.end(servingOf(world));
  await assert.rejects(find(world), { code: 'target-not-found' });
});

test('a pid of a dead process and one of another program are refused with the pid', async () => {
  const world = buildWorld(DAEMON);
  await assert.rejects(find(world, { pid: 99 }), { code: 'target-gone', message: /pid 99/ });
  const other = startHitless(world).host.self.pid;
  await assert.rejects(find(world, { pid: other }), { code: 'target-foreign', message: /node/ });
});

for (const content of ['', 'junk\n', '-5']) {
  test(`a pid file that holds ${JSON.stringify(content)} is refused with its path`, async () => {
    const world = buildWorld(DAEMON);
    world.files.write(PID_PATH, content);
    await assert.rejects(find(world, { pidFile: PID_PATH }), {
      code: 'target-not-found',
      subject: PID_PATH,
    });
  });
}

test('a pid file is read, and one that is not there is refused', async () => {
  const world = buildWorld(DAEMON);
  assert.equal((await find(world, { pidFile: PID_PATH })).serving.pid, servingOf(world).pid);
  await assert.rejects(find(world, { pidFile: '/nowhere' }), { code: 'target-not-found' });
});

test('a worker leads to its master, and the newest worker serves', async () => {
  const world = buildWorld(MASTER);
  const worker = servingOf(world);
  if (worker.haproxy !== undefined) worker.haproxy.keepsClients = true;
  await runReload(world, MASTER);
  for (const target of [
    {},
    { pid: worker.pid },
    { masterSocket: '/run/master.sock' },
    { pidFile: PID_PATH },
  ]) {
    const found = await find(world, target);
    assert.equal(found.mode, 'master-worker');
    assert.equal(found.leader.pid, Number(world.files.text(PID_PATH)));
    assert.equal(found.serving.pid, workersOf(world, found.leader as never).at(-1)?.pid);
    assert.deepEqual(
      found.draining.map(({ pid }) => pid),
      [worker.pid],
    );
  }
});

test('a stats socket names no master', async () => {
  const world = buildWorld(DAEMON);
  await assert.rejects(find(world, { masterSocket: '/run/stats.sock' }), {
    code: 'target-foreign',
  });
  await assert.rejects(find(world, { masterSocket: '/run/none' }), { code: 'socket-silent' });
});

test('an older generation that drains is recognised and not taken for another HAProxy', async () => {
  const world = buildWorld(DAEMON);
  const old = servingOf(world);
  if (old.haproxy !== undefined) old.haproxy.keepsClients = true;
  await runReload(world, DAEMON, undefined, requestOf(DAEMON));
  const found = await find(world);
  assert.equal(found.serving.pid, servingOf(world).pid);
  assert.deepEqual(
    found.draining.map(({ pid }) => pid),
    [old.pid],
  );
});

test('a process under a supervisor is in the foreground', async () => {
  assert.equal((await find(buildWorld(scenarioNamed('supervised')))).mode, 'foreground');
});
