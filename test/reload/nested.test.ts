import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CrashMode } from '../fakes/effects.js';
import type { World } from '../fakes/world.js';
import { assertServed, assertSettled, settle } from './invariants.js';
import { runRecover, runReload } from './runs.js';
import { buildWorld, scenarioNamed, servingOf, type Scenario } from './scenarios.js';
import { CRASH_MODES, sweep } from './sweep.js';

/** Every crash of recover, after every crash of the reload. */
async function sweepRecover(scenario: Scenario, mode: CrashMode): Promise<readonly string[]> {
  const problems: string[] = [];
  const judge = async (world: World, oldPid: number): Promise<void> => {
    assertServed(world, scenario);
    const last = await runRecover(world, scenario);
    if (last.error !== undefined) throw last.error;
    settle(world);
    assertSettled(world, scenario, oldPid);
  };
  for (let first = 1; ; first += 1) {
    const probe = await runReload(buildWorld(scenario), scenario, {
      kind: 'crash',
      at: first,
      mode,
    });
    if (!probe.effects.struck) return problems;
    const nested = await sweep(
      scenario,
      (at) => ({ kind: 'crash', at, mode }),
      async (world, trouble) => {
        await runReload(world, scenario, { kind: 'crash', at: first, mode });
        return await runRecover(world, scenario, trouble);
      },
      async ({ world, oldPid }) => await judge(world, oldPid),
    );
    problems.push(...nested.problems.map((problem) => `crash ${first}, then ${problem}`));
  }
}

const NESTED = [
  'quiesce, with an edit',
  'migrate of unix sockets, with an edit',
  'master with a socket, with an edit',
  'supervised, with an edit',
].map(scenarioNamed);

for (const scenario of NESTED) {
  for (const mode of CRASH_MODES) {
    test(`${scenario.name}: a recover killed ${mode} any effect leaves nothing that the next one cannot end`, async () => {
      assert.deepEqual(await sweepRecover(scenario, mode), []);
    });
  }
}

test('a run survives a chain of recovers, each killed one effect later', async () => {
  const scenario = scenarioNamed('migrate of unix sockets, with an edit');
  for (let first = 1; first <= 45; first += 1) {
    const world = buildWorld(scenario);
    const oldPid = servingOf(world).pid;
    await runReload(world, scenario, { kind: 'crash', at: first, mode: 'half' });
    for (let at = 1; at <= 12; at += 1) {
      await runRecover(world, scenario, { kind: 'crash', at, mode: 'half' });
      assertServed(world, scenario);
    }
    const last = await runRecover(world, scenario);
    assert.equal(last.error, undefined, `crash ${first}: ${String(last.error)}`);
    settle(world);
    assertSettled(world, scenario, oldPid);
  }
});
