import assert from 'node:assert/strict';
import { test } from 'node:test';
import { messageOf } from '../../src/error.js';
import type { Host } from '../../src/host/host.js';
import { openJournal, readJournal } from '../../src/journal/journal.js';
import { takeLock } from '../../src/journal/lock.js';
import type { FlipStatus } from '../../src/reload/flip-status.js';
import { progressOf } from '../../src/reload/progress.js';
import { runLock } from '../../src/reload/recover.js';
import { readStatus, type Status } from '../../src/reload/status.js';
import { startHitless } from '../fakes/fake-host.js';
import { startService, workersOfService } from '../fakes/services.js';
import { World } from '../fakes/world.js';
import { flipWorld, runFlip } from './flip-world.js';
import { CONFIG_PATH, STATE_DIR } from './scenarios.js';

const OWNER = `haproxy ${CONFIG_PATH}`;
const DRAIN_MS = 500;

async function look(world: World, target: { readonly pid?: number } = {}): Promise<Status> {
  const { host, exit } = startHitless(world);
  const status = await readStatus(host, target, STATE_DIR);
  exit();
  return status;
}

/** What it says of the one service behind the map. */
async function lookAtFlip(world: World): Promise<FlipStatus> {
  const { flips } = await look(world);
  assert.equal(flips?.length, 1);
  return flips[0] as FlipStatus;
}

interface Flipped {
  readonly world: World;
  readonly old: number;
  readonly next: number;
  readonly runId: string;
}

/** A flip whose old instance has a client that never leaves; nobody has retired it yet. */
async function flippedWorld(wait = false): Promise<Flipped> {
  const world = flipWorld(0);
  const [old] = world.haproxies();
  assert.ok(old);
  old.haproxy.keepsClients = true;
  const { result, error } = await runFlip(world, undefined, { wait });
  assert.equal(error, undefined, messageOf(error));
  return { world, old: old.pid, next: result?.newPids[0] ?? 0, runId: result?.runId ?? '' };
}

test('the doors of a flip lead to the new instance, and the old one is draining', async () => {
  const { world, old, next, runId } = await flippedWorld();
  const { owner, doors, instances } = await lookAtFlip(world);
  assert.equal(owner, OWNER);
  const ports = doors.map(({ host, port, to, pid }) => ({ host, port, to, pid }));
  assert.deepEqual(ports, [
    { host: null, port: 8080, to: 18_000, pid: next },
    { host: '127.0.0.1', port: 8443, to: 18_001, pid: next },
    { host: '::1', port: 8081, to: 18_002, pid: next },
  ]);
  assert.deepEqual(
    instances.map(({ pid, state }) => [pid, state]),
    [
      [next, 'serving'],
      [old, 'draining'],
    ],
  );
  const [serving, draining] = instances;
  assert.ok(serving?.argv.includes(`${CONFIG_PATH}.flip-18000`));
  assert.deepEqual(
    draining?.connections.map(({ peer }) => peer),
    ['10.0.0.1:1'],
  );
  assert.deepEqual(draining.retiredBy, { runId, watcherPid: null, abandoned: false });
  assert.equal(draining.untilMs, null, 'nobody waits for it yet');
});

test('the one who waits for an old instance is named, and when it will be told to finish', async () => {
  const { world, runId } = await flippedWorld();
  const watcher = startHitless(world);
  const lock = await takeLock(watcher.host, STATE_DIR, runLock(runId));
  const [, draining] = (await lookAtFlip(world)).instances;
  assert.deepEqual(draining?.retiredBy, {
    runId,
    watcherPid: watcher.host.self.pid,
    abandoned: false,
  });
  assert.deepEqual([draining.waitsFor, draining.drainTimeoutMs], ['handshakes', DRAIN_MS]);
  assert.ok((draining.untilMs ?? 0) > world.clock.nowMs);
  const atMs = world.clock.nowMs + 70;
  await untilClients(watcher.host, runId, atMs);
  const [, quiesced] = (await lookAtFlip(world)).instances;
  assert.deepEqual([quiesced?.waitsFor, quiesced?.untilMs], ['clients', atMs + DRAIN_MS]);
  await lock.release();
});

/** As if the run had come to the wait for clients. */
async function untilClients(host: Host, runId: string, atMs: number): Promise<void> {
  const steps = progressOf(await readJournal(host, STATE_DIR, runId))?.plan.retire ?? [];
  const { write } = openJournal(host, STATE_DIR, runId);
  for (const { kind, id } of steps) {
    if (kind === 'await-quiet') return;
    await write({ type: 'done', step: id, after: {}, atMs });
  }
}

test('an old instance of which nobody takes care is told once that cannot be a delay any more', async () => {
  const { world, runId } = await flippedWorld();
  world.clock.advance(20_000);
  const { flips, abandonedRuns } = await look(world);
  assert.deepEqual(abandonedRuns, [runId]);
  assert.equal(flips?.[0]?.instances[1]?.retiredBy?.abandoned, true);
});

test('an old instance that was told to finish and has clients is shown when its run has ended', async () => {
  const { world, old, next } = await flippedWorld(true);
  const { instances } = await lookAtFlip(world);
  assert.deepEqual(
    instances.map(({ pid, state, waitsFor, retiredBy }) => [pid, state, waitsFor, retiredBy]),
    [
      [next, 'serving', null, null],
      [old, 'stopping', 'end', null],
    ],
  );
  assert.equal(instances[1]?.connections.length, 1);
});

test('instances of several flips stand with the service that has their doors', async () => {
  const { world, old, next } = await flippedWorld(true);
  const second = world.processes.get(next)?.haproxy;
  assert.ok(second);
  second.keepsClients = true;
  second.connections.push({
    inode: world.newInode(),
    local: '0.0.0.0:18000',
    family: 'ipv4',
    peer: '10.0.0.1:2',
  });
  const { result, error } = await runFlip(world, undefined, { wait: false });
  assert.equal(error, undefined, messageOf(error));
  const { instances } = await lookAtFlip(world);
  assert.deepEqual(
    instances.map(({ pid, state }) => [pid, state]),
    [
      [result?.newPids[0], 'serving'],
      [old, 'stopping'],
      [next, 'draining'],
    ],
  );
});

test('a door that leads to a port where nobody listens is shown as that', async () => {
  const { world, next } = await flippedWorld(true);
  const dead = world.processes.get(next);
  assert.ok(dead);
  world.end(dead);
  const { doors, instances } = await lookAtFlip(world);
  assert.deepEqual(
    doors.map(({ to, pid }) => [to, pid]),
    [
      [18_000, null],
      [18_001, null],
      [18_002, null],
    ],
  );
  assert.ok(instances.every(({ state }) => state !== 'serving'));
});

test('a flip that was put back has no draining instance', async () => {
  const world = flipWorld();
  const { error } = await runFlip(
    world,
    undefined,
    { health: [{ kind: 'http', path: '/' }] },
    () => {
      const [, next] = world.haproxies();
      if (next !== undefined) world.end(next);
    },
  );
  assert.notEqual(error, undefined);
  world.clock.advance(5_000);
  assert.deepEqual((await look(world)).flips, []);
});

test('what was left before a reboot is not looked for', async () => {
  const { world } = await flippedWorld(true);
  world.reboot();
  assert.deepEqual((await look(world)).flips, []);
});

test('the one that is named is shown with its flip, and no other service', async () => {
  const { world, next } = await flippedWorld(true);
  startService(world, 'nginx', '/etc/nginx.conf', ['0.0.0.0:81']);
  const { instances, flips, services } = await look(world, { pid: next });
  assert.equal(instances.length, 1);
  assert.equal(flips?.[0]?.owner, OWNER);
  assert.deepEqual(services, []);
});

test('without nft there is no map, and without the right to look nobody knows', async () => {
  const { world } = await flippedWorld(true);
  world.programs.set('nft', () => ({ code: 1, stdout: '', stderr: 'Operation not permitted' }));
  assert.equal((await look(world)).flips, null);
  const other = new World();
  other.programs.set('nft', () => {
    throw new Error('cannot run nft: ENOENT');
  });
  assert.deepEqual((await look(other)).flips, []);
});

for (const [name, program] of [
  ['nginx', 'nginx'],
  ['apache', 'apache2'],
] as const) {
  test(`${name}: master, workers that serve, and old ones with their clients`, async () => {
    const world = new World();
    const master = startService(world, program, '/etc/service.conf', ['0.0.0.0:80']);
    const [old, serving] = workersOfService(world, master);
    assert.ok(old && serving);
    // As a graceful reload leaves it that waits for a client.
    old.haproxy.holdings = [];
    if (name === 'nginx') old.argv = ['nginx: worker process is shutting down'];
    for (const [peer, local] of [
      ['10.0.0.1:7', '10.0.0.9:80'],
      ['10.0.0.2:80', '10.0.0.9:45000'],
    ] as const) {
      old.haproxy.connections.push({ inode: world.newInode(), local, family: 'ipv4', peer });
    }
    const { services } = await look(world);
    assert.deepEqual(
      services.map(({ service, argv }) => [service, argv]),
      [[name, master.argv]],
    );
    const found = services[0]?.generations.map(({ pid, state, connections }) => [
      ...[pid, state],
      connections.map(({ peer }) => peer).join(),
    ]);
    assert.deepEqual(found, [
      [master.pid, 'leading', ''],
      [serving.pid, 'serving', ''],
      [old.pid, 'stopping', '10.0.0.1:7'],
    ]);
  });
}
