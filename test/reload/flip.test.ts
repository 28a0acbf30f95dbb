import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EXIT, HitlessError, messageOf } from '../../src/error.js';
import type { Trouble } from '../fakes/effects.js';
import type { World } from '../fakes/world.js';
import {
  assertOneInstance,
  DOORS,
  assertReached,
  flipWorld,
  runFlip,
  runRecoverFlip,
  type FlipOutcome,
} from './flip-world.js';
import { CRASH_MODES } from './sweep.js';

/** From which machine a flip starts: a service on its own ports, or one that is behind the map. */
const STARTS = {
  'a first flip': async () => flipWorld(),
  'a second flip': async () => {
    const world = flipWorld();
    const { error } = await runFlip(world);
    assert.equal(error, undefined, messageOf(error));
    return world;
  },
  'a flip while an earlier old instance drains': async () => {
    const world = flipWorld();
    const { error } = await runFlip(world, undefined, { wait: false });
    assert.equal(error, undefined, messageOf(error));
    return world;
  },
} as const;

/** Who serves the doors. */
function servingOf(world: World): number {
  const [serving] = world.acceptorsOf(`0.0.0.0:${world.portBehind(DOORS[0])}`);
  return serving?.pid ?? 0;
}

for (const [name, start] of Object.entries(STARTS)) {
  test(`${name}: the next instance serves every door, and nothing of the old one is left`, async () => {
    const world = await start();
    const old = servingOf(world);
    const { result, error } = await runFlip(world);
    assert.equal(error, undefined, messageOf(error));
    assert.equal(result?.result, 'reloaded');
    assert.deepEqual([result.method, result.oldPids], ['flip', [old]]);
    await assertRecovers(world);
    assert.deepEqual([assertOneInstance(world)], result.newPids);
  });

  for (const mode of CRASH_MODES) {
    test(`${name} killed ${mode} any effect is undone or finished by recover`, async (t) => {
      const struck = await sweepFlip(
        start,
        (at) => ({ kind: 'crash', at, mode }),
        async (world) => {
          assertReached(world);
          await assertRecovers(world);
          const next = await runFlip(world);
          assert.equal(next.error, undefined, `next flip: ${messageOf(next.error)}`);
          world.clock.advance(5_000);
          assertOneInstance(world);
        },
      );
      t.diagnostic(`${struck} crash points`);
      assert.ok(struck > 20);
    });
  }

  test(`${name}: whatever call fails once, the exit code says how things stand`, async () => {
    await sweepFlip(
      start,
      (at) => ({ kind: 'failure', at }),
      async (world, { error, old }) => {
        assertReached(world);
        const code = error instanceof HitlessError ? error.exitCode : EXIT.done;
        const serving = world.haproxies().map(({ pid }) => pid);
        if (code === EXIT.refused || code === EXIT.putBack) {
          assert.ok(serving.includes(old), 'said put back, but the old instance is gone');
        } else if (code === EXIT.done) {
          assert.ok(!serving.includes(old), 'said done, but the old instance serves on');
        } else assert.equal(code, EXIT.notPutBack);
        await assertRecovers(world);
      },
    );
  });
}

for (const [name, slowMs, diesAfterMs] of [
  ['while the terminal waits for slow clients', 2_000, 500],
  ['while nobody watches any more', 8_000, 4_000],
] as const) {
  test(`the next instance dies ${name}: the old one takes new connections again`, async () => {
    const world = flipWorld(slowMs);
    const old = world.haproxies()[0]?.pid;
    const { error } = await runFlip(world, undefined, {}, onceFlipped(world, diesAfterMs));
    assert.match(messageOf(error), /the new instance \(pid \d+\) ended/);
    assert.equal(error instanceof HitlessError ? error.exitCode : 0, EXIT.putBack);
    world.clock.advance(5_000);
    assert.equal(assertOneInstance(world), old);
    assert.deepEqual((await runRecoverFlip(world)).result, [], 'nothing is left to recover');
  });
}

test('old instances end out of turn: the names that others know lead to the one that serves', async () => {
  const world = flipWorld();
  const first = world.haproxies()[0]?.pid;
  await runFlip(world, undefined, { wait: false });
  const third = await runFlip(world);
  assert.equal(third.error, undefined, messageOf(third.error));
  const serving = third.result?.newPids[0] ?? 0;
  const left = world.haproxies().map(({ pid }) => pid);
  assert.deepEqual(left, [first, serving], 'the second has ended, the first drains still');
  await assertRecovers(world);
  assert.equal(assertOneInstance(world), serving);
});

/** Ends the next instance some time after the map has led to it. */
function onceFlipped(world: World, afterMs: number): () => void {
  let planned = false;
  return () => {
    if (planned || world.nft.elements.size === 0) return;
    planned = true;
    world.clock.after(afterMs, () => {
      const next = world.haproxies().at(-1);
      if (next !== undefined) world.end(next);
    });
  };
}

async function assertRecovers(world: World): Promise<void> {
  const recovered = await runRecoverFlip(world);
  assert.equal(recovered.error, undefined, `recover: ${messageOf(recovered.error)}`);
  world.clock.advance(5_000);
  assertOneInstance(world);
  const again = await runRecoverFlip(world);
  assert.deepEqual(again.result, [], 'nothing is left for a second recover');
}

/** More effects than any flip has. */
const LIMIT = 400;

async function sweepFlip(
  start: () => Promise<World>,
  troubleAt: (at: number) => Trouble,
  judge: (world: World, outcome: FlipOutcome<unknown> & { readonly old: number }) => Promise<void>,
): Promise<number> {
  const problems: string[] = [];
  for (let at = 1; at <= LIMIT; at += 1) {
    const world = await start();
    const old = servingOf(world);
    const outcome = await runFlip(world, troubleAt(at));
    if (!outcome.effects.struck) {
      assert.deepEqual(problems, []);
      return at - 1;
    }
    try {
      await judge(world, { ...outcome, old });
    } catch (error) {
      problems.push(`${outcome.where}: ${messageOf(error)}`);
    }
  }
  throw new Error(`still not ended after ${LIMIT} effects`);
}

test('more instances than are allowed to drain are refused, and nothing happens', async () => {
  const world = flipWorld(0);
  const [old] = world.haproxies();
  assert.ok(old);
  old.haproxy.keepsClients = true;
  const first = await runFlip(world);
  assert.equal(first.error, undefined, messageOf(first.error));
  const before = { nft: [...world.nft.elements], pids: pidsOf(world) };
  const { error, effects } = await runFlip(world, undefined, { maxDraining: 1 });
  assert.ok(error instanceof HitlessError);
  assert.deepEqual([error.code, error.exitCode], ['too-many-generations', EXIT.refused]);
  assert.match(error.message, /1 earlier instance is still draining/);
  assert.match(error.hint ?? '', /"hitless status".*--max-draining/);
  assert.deepEqual({ nft: [...world.nft.elements], pids: pidsOf(world) }, before);
  assert.deepEqual(
    effects.log.filter((label) => /^start |nft [^-]/.test(label)),
    [],
  );
  const next = await runFlip(world, undefined, { maxDraining: 2 });
  assert.equal(next.error, undefined, 'one more is allowed');
});

test('a flip waits for room, and looks at everything again when it has some', async () => {
  const world = flipWorld(0);
  const [old] = world.haproxies();
  assert.ok(old);
  old.haproxy.keepsClients = true;
  const { result } = await runFlip(world);
  world.clock.after(200, () => world.end(old));
  const next = await runFlip(world, undefined, { maxDraining: 1 });
  assert.equal(next.error, undefined, messageOf(next.error));
  assert.deepEqual(next.result?.oldPids, result?.newPids);
  world.clock.advance(5_000);
  assert.deepEqual([assertOneInstance(world)], next.result?.newPids);
});

function pidsOf(world: World): readonly number[] {
  return world.haproxies().map(({ pid }) => pid);
}
