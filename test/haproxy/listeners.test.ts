import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clientConnections, listenersOf } from '../../src/haproxy/listeners.js';
import { startHitless } from '../fakes/fake-host.js';
import { buildWorld, scenarioNamed, servingOf } from '../reload/scenarios.js';

test('the listeners of a process are its own, and a unix socket has its public path', async () => {
  const world = buildWorld(scenarioNamed('fd-pass'));
  const { host } = startHitless(world);
  const owned = await listenersOf(host, servingOf(world));
  assert.deepEqual(
    owned.map(({ local }) => local),
    ['0.0.0.0:8080', '127.0.0.1:8443', '/run/web.sock', '/run/stats.sock'],
  );
});

test('a process that is gone listens nowhere, even if its pid is in use again', async () => {
  const world = buildWorld(scenarioNamed('fd-pass'));
  const { host } = startHitless(world);
  assert.deepEqual(await listenersOf(host, { pid: servingOf(world).pid, startTicks: 1 }), []);
});

test('connections count for a listener on any address or on their own', async () => {
  const world = buildWorld(scenarioNamed('fd-pass'));
  const process = servingOf(world);
  const { host } = startHitless(world);
  const connection = { family: 'ipv4' as const, peer: '10.0.0.1:1' };
  if (process.haproxy === undefined) throw new TypeError('not HAProxy');
  process.haproxy.connections = ['127.0.0.1:8080', '127.0.0.1:8443', '10.0.0.9:8443'].map(
    (local) => ({ ...connection, local, inode: world.newInode() }),
  );
  const count = async (local: string): Promise<number> =>
    (await clientConnections(host, process, [{ family: 'ipv4', local }])).length;
  assert.deepEqual(
    [await count('0.0.0.0:8080'), await count('127.0.0.1:8443'), await count('0.0.0.0:8443')],
    [1, 1, 2],
  );
});
