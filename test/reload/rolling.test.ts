import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EXIT, HitlessError, messageOf } from '../../src/error.js';
import { recover } from '../../src/reload/recover.js';
import { rolling, type RollingOptions } from '../../src/reload/rolling.js';
import type { Trouble } from '../fakes/effects.js';
import { startHitless } from '../fakes/fake-host.js';
import { instanceConfig, INSTANCES, startInstance } from '../fakes/rolling.js';
import { World } from '../fakes/world.js';
import { STATE_DIR } from './scenarios.js';
import { CRASH_MODES } from './sweep.js';

const PORT = 80;

function rollingWorld(): World {
  const world = new World();
  world.publicPorts.add(PORT);
  for (const port of INSTANCES) {
    world.files.write(instanceConfig(port), `frontend web\n  bind 0.0.0.0:${port}\n`);
    startInstance(world, port);
  }
  return world;
}

const REQUEST: RollingOptions = {
  port: PORT,
  instances: INSTANCES,
  health: [{ kind: 'http', path: '/' }],
  argv: ['reload-instance', '{port}'],
  cwd: '/',
  spread: 'turns',
  drainTimeoutMs: 500,
  commandTimeoutMs: 1_000,
};

interface Rolled {
  readonly error: unknown;
  readonly struck: boolean;
  readonly where: string;
}

async function roll(world: World, trouble?: Trouble): Promise<Rolled> {
  const { host, effects, exit } = startHitless(world, trouble);
  effects.onEffect = () => assertServed(world);
  world.clock.onTask = () => assertServed(world);
  const error = await rolling(host, REQUEST, {
    stateDir: STATE_DIR,
    timeoutMs: 400,
    onEvent: () => undefined,
    dryRun: false,
    wait: true,
    waitLockMs: 0,
    onDraining: async () => undefined,
  }).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  exit();
  return { error, struck: effects.struck, where: `${effects.where} (${messageOf(error)})` };
}

async function recovered(world: World): Promise<number> {
  const { host, exit } = startHitless(world);
  const runs = await recover(host, {
    stateDir: STATE_DIR,
    timeoutMs: 400,
    onEvent: () => undefined,
  });
  exit();
  return runs.length;
}

/** Whoever is in the rotation takes connections, and none was cut. */
function assertServed(world: World): void {
  for (const member of members(world)) {
    assert.ok(world.accepts(member), `port ${member} is in, and nobody is there`);
  }
  assert.deepEqual(world.resets, [], 'waiting connections were reset');
}

function members(world: World): readonly number[] {
  return world.nft.rotations.get(PORT) ?? [];
}

test('each instance is reloaded while it is out, and all are in at the end', async () => {
  const world = rollingWorld();
  const before = world.haproxies().map(({ pid }) => pid);
  const { error } = await roll(world);
  assert.equal(error, undefined, messageOf(error));
  assert.deepEqual(members(world), INSTANCES);
  const now = world.haproxies().map(({ pid }) => pid);
  assert.ok(now.length === 3 && now.every((pid) => !before.includes(pid)));
});

test('an instance that fails after its reload stays out, and the rest serve', async () => {
  const world = rollingWorld();
  assert.equal((await roll(world)).error, undefined);
  world.files.write(instanceConfig(8082), 'foo\n');
  const { error } = await roll(world);
  assert.match(messageOf(error), /reload-instance 8082 failed \(exit code 1\)/);
  assert.equal(error instanceof HitlessError ? error.exitCode : 0, EXIT.putBack);
  assert.deepEqual(members(world), [8081, 8083]);
  assert.equal(await recovered(world), 0, 'nothing is left to recover');

  world.files.write(instanceConfig(8082), 'frontend web\n  bind 0.0.0.0:8082\n');
  assert.equal((await roll(world)).error, undefined);
  assert.deepEqual(members(world), INSTANCES);
});

for (const mode of CRASH_MODES) {
  test(`a roll killed ${mode} any effect is recovered: whoever is healthy is in`, async () => {
    const problems: string[] = [];
    for (let at = 1; at < 300; at += 1) {
      const world = rollingWorld();
      assert.equal((await roll(world)).error, undefined);
      const { struck, where } = await roll(world, { kind: 'crash', at, mode });
      if (!struck) {
        assert.ok(at > 20);
        assert.deepEqual(problems, []);
        return;
      }
      try {
        assertServed(world);
        await recovered(world);
        assertServed(world);
        const healthy = INSTANCES.filter((port) => world.accepts(port));
        assert.deepEqual(members(world), healthy);
        assert.equal(await recovered(world), 0);
      } catch (error) {
        problems.push(`${where}: ${messageOf(error)}`);
      }
    }
    assert.fail('still not ended');
  });
}
