import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Host } from '../../src/host/host.js';
import { lockOwner, removeLeftLocks, takeLock } from '../../src/journal/lock.js';
import { startHitless, type Hitless } from '../fakes/fake-host.js';
import { World } from '../fakes/world.js';

const PATH = '/state/locks/reload';
const take = async ({ host }: { host: Host }) => await takeLock(host, '/state', 'reload');

test('a lock is held by one process until it is released', async () => {
  const world = new World();
  const [first, second] = [startHitless(world), startHitless(world)];
  const lock = await take(first);
  await assert.rejects(take(second), { code: 'locked', exitCode: 75 });
  assert.equal((await lockOwner(second.host, '/state', 'reload'))?.pid, first.host.self.pid);
  await lock.release();
  await take(second);
});

test('a lock of a killed process is free', async () => {
  const world = new World();
  const first = startHitless(world);
  await take(first);
  first.exit();
  await take(startHitless(world));
});

test('a lock from before a reboot is free, even if its pid is in use again', async () => {
  const world = new World();
  const { host } = startHitless(world);
  world.files.write(PATH, JSON.stringify({ ...host.self, bootId: 'another boot' }));
  await take(startHitless(world));
});

test('a lock whose pid belongs to a later process by now is free', async () => {
  const world = new World();
  const { host } = startHitless(world);
  world.files.write(
    PATH,
    JSON.stringify({ pid: host.self.pid, startTicks: 1, bootId: world.bootId }),
  );
  await take(startHitless(world));
});

for (const content of ['', '{"pid":1', 'null junk']) {
  test(`a lock file that holds ${JSON.stringify(content)} is free`, async () => {
    const world = new World();
    world.files.write(PATH, content);
    await take(startHitless(world));
  });
}

test('a second release does not take away the lock of somebody else', async () => {
  const world = new World();
  const [first, second] = [startHitless(world), startHitless(world)];
  const lock = await take(first);
  await lock.release();
  await take(second);
  await lock.release();
  assert.equal((await lockOwner(first.host, '/state', 'reload'))?.pid, second.host.self.pid);
});

test('a lock that cannot be written is a refusal that names the file', async () => {
  const hitless = startHitless(new World(), { kind: 'failure', at: 1 });
  await assert.rejects(take(hitless), { code: 'journal-unwritable', exitCode: 10, subject: PATH });
});

test('locks of the dead are removed, those of the living stay', async () => {
  const world = new World();
  const [dead, alive] = [startHitless(world), startHitless(world)];
  await takeLock(dead.host, '/state', 'run-1');
  await takeLock(alive.host, '/state', 'run-2');
  dead.exit();
  await removeLeftLocks(alive.host, '/state');
  assert.deepEqual(world.files.list('/state/locks'), ['run-2']);
});

/** Gives way before every call, in an order that the scheduler decides. */
function slow(hitless: Hitless, scheduler: fc.Scheduler): { host: Host } {
  const { files } = hitless.host;
  const through =
    <A extends unknown[], R>(call: (...args: A) => Promise<R>) =>
    async (...args: A): Promise<R> => {
      await scheduler.schedule(Promise.resolve());
      return await call(...args);
    };
  const slowed = {
    ...files,
    read: through(files.read),
    create: through(files.create),
    remove: through(files.remove),
    moveOver: through(files.moveOver),
  };
  return { host: { ...hitless.host, files: slowed } };
}

test('of two takers of a lock that a killed process left, never both hold it', async () => {
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), async (scheduler) => {
      const world = new World();
      const dead = startHitless(world);
      await take(dead);
      dead.exit();
      const takers = [startHitless(world), startHitless(world)].map((one) => slow(one, scheduler));
      const settled = Promise.allSettled(takers.map(take));
      await scheduler.waitFor(settled);
      const held = (await settled).filter(({ status }) => status === 'fulfilled');
      assert.equal(held.length, 1);
    }),
    { numRuns: 500 },
  );
});
