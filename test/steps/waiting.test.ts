import assert from 'node:assert/strict';
import { test } from 'node:test';
import { awaitDrained } from '../../src/steps/await-drained.js';
import { awaitHandshakes } from '../../src/steps/await-handshakes.js';
import { confirmGeneration } from '../../src/steps/confirm-generation.js';
import { clientConnections } from '../../src/haproxy/listeners.js';
import { quiesce } from '../../src/steps/quiesce.js';
import { startHitless } from '../fakes/fake-host.js';
import { buildWorld, scenarioNamed, servingOf } from '../reload/scenarios.js';
import { contextOf } from './context.js';

function machine() {
  const world = buildWorld(scenarioNamed('migrate'));
  const process = servingOf(world);
  return { world, process, context: contextOf(startHitless(world).host) };
}
const LISTENERS = [{ family: 'ipv4' as const, local: '0.0.0.0:8080' }];

test('handshakes that were half open are waited for, later ones are not', async () => {
  const { world, process, context } = machine();
  world.clock.advance(1_000);
  world.handshakes = [{ local: '127.0.0.1:8080', peer: '10.0.0.1:3' }];
  const start = world.clock.nowMs;
  world.clock.after(100, () => {
    world.handshakes = [...world.handshakes, { local: '127.0.0.1:8080', peer: '10.0.0.9:9' }];
  });
  world.clock.after(200, () => {
    world.handshakes = world.handshakes.filter(({ peer }) => peer === '10.0.0.9:9');
  });
  const step = {
    kind: 'await-handshakes' as const,
    id: 'h',
    process,
    listeners: LISTENERS,
    timeoutMs: 1_000,
  };
  assert.deepEqual(await awaitHandshakes.apply(step, context), { unfinished: 0 });
  assert.ok(world.clock.nowMs - start >= 200 && world.clock.nowMs - start < 300);
});

test('handshakes of vanished clients are given up at the deadline and counted', async () => {
  const { process, context } = machine();
  const step = {
    kind: 'await-handshakes' as const,
    id: 'h',
    process,
    listeners: LISTENERS,
    timeoutMs: 50,
  };
  assert.deepEqual(await awaitHandshakes.apply(step, context), { unfinished: 1 });
});

test('handshakes towards other ports are not waited for', async () => {
  const { world, process, context } = machine();
  const start = world.clock.nowMs;
  const step = {
    kind: 'await-handshakes' as const,
    id: 'h',
    process,
    listeners: [{ family: 'ipv4' as const, local: '0.0.0.0:1' }],
    timeoutMs: 1_000,
  };
  await awaitHandshakes.apply(step, context);
  assert.equal(world.clock.nowMs, start);
});

test('draining ends when the last client has left', async () => {
  const { world, process, context } = machine();
  world.clock.after(250, () => {
    if (process.haproxy !== undefined) process.haproxy.connections = [];
  });
  const start = world.clock.nowMs;
  const step = {
    kind: 'await-drained' as const,
    id: 'd',
    process,
    listeners: LISTENERS,
    timeoutMs: 5_000,
  };
  assert.deepEqual(await awaitDrained.apply(step, context), { open: 0 });
  assert.ok(world.clock.nowMs - start >= 250 && world.clock.nowMs - start < 500);
});

test('draining ends at its deadline and says how many are open', async () => {
  const { process, context } = machine();
  const step = {
    kind: 'await-drained' as const,
    id: 'd',
    process,
    listeners: LISTENERS,
    timeoutMs: 300,
  };
  assert.deepEqual(await awaitDrained.apply(step, context), { open: 2 });
});

test('a generation is proven only by the very socket that should have been passed on', async () => {
  const { process, context } = machine();
  const inode = process.haproxy?.holdings[0]?.socket.inode ?? 0;
  const step = (wanted: number | null) => ({
    kind: 'confirm-generation' as const,
    id: 'c',
    process,
    sockets: ['/run/stats.sock'],
    listeners: [{ family: 'ipv4' as const, local: '0.0.0.0:8080', inode: wanted }],
  });
  await confirmGeneration.apply(step(inode), context);
  await confirmGeneration.apply(step(null), context);
  await assert.rejects(
    async () => await confirmGeneration.apply(step(99_999), context),
    /was not passed on/,
  );
});

test('quiescing ends when no thread is in the middle of accepting any more', async () => {
  const { world, process, context } = machine();
  const state = process.haproxy;
  assert.ok(state);
  state.connections = [];
  state.acceptsUntilMs = world.clock.nowMs + 400;
  const sockets = ['/run/stats.sock'];
  const frontends = ['web0'];
  await quiesce.apply(
    { kind: 'quiesce', id: 'q', process, sockets, frontends, pauseFirst: false },
    context,
  );
  // The socket of a client that was accepted late is seen from now on: nobody is left unnoticed.
  assert.equal((await clientConnections(context.host, process, LISTENERS)).length, 1);
});
