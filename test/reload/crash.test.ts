import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { World } from '../fakes/world.js';
import { assertServed, assertSettled, settle, snapshot } from './invariants.js';
import { runRecover, runReload } from './runs.js';
import { requestOf, SCENARIOS, type Scenario } from './scenarios.js';
import { CRASH_MODES, sweep } from './sweep.js';

for (const scenario of SCENARIOS) {
  for (const mode of CRASH_MODES) {
    test(`${scenario.name}: a reload killed ${mode} any effect is undone or finished by recover`, async (t) => {
      const { struck, problems } = await sweep(
        scenario,
        (at) => ({ kind: 'crash', at, mode }),
        async (world, trouble) => await runReload(world, scenario, trouble),
        async ({ world, oldPid }) => {
          assertServed(world, scenario);
          await assertRecovers(world, scenario, oldPid);
          await assertNextReloadWorks(world, scenario);
        },
      );
      t.diagnostic(`${struck} crash points`);
      assert.deepEqual(problems, []);
      assert.ok(struck > 5);
    });

    test(`${scenario.name}: the reload after one killed ${mode} any effect puts all right by itself`, async () => {
      const { problems } = await sweep(
        scenario,
        (at) => ({ kind: 'crash', at, mode }),
        async (world, trouble) => await runReload(world, scenario, trouble),
        async ({ world }) => await assertNextReloadWorks(world, scenario),
      );
      assert.deepEqual(problems, []);
    });
  }
}

async function assertRecovers(world: World, scenario: Scenario, oldPid: number): Promise<void> {
  const recovered = await runRecover(world, scenario);
  if (recovered.error !== undefined) throw recovered.error;
  settle(world);
  assertSettled(world, scenario, oldPid);
  const before = snapshot(world);
  const again = await runRecover(world, scenario);
  assert.deepEqual(again.result, [], 'nothing is left for a second recover');
  assert.deepEqual(snapshot(world), before, 'a second recover changes nothing');
}

/** The next one reloads the files as they are. */
async function assertNextReloadWorks(world: World, scenario: Scenario): Promise<void> {
  const { edit: _, ...request } = requestOf(scenario);
  const next = await runReload(world, scenario, undefined, request);
  if (next.error !== undefined) throw next.error;
  assert.equal(next.result?.result, 'reloaded');
  settle(world);
  assertSettled(world, { ...scenario, edit: false }, 0);
}
