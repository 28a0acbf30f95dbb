import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertNextReloadWorks, assertRecovers } from './after-crash.js';
import { assertServed } from './invariants.js';
import { runReload } from './runs.js';
import type { Scenario } from './scenarios.js';
import { CRASH_MODES, sweep } from './sweep.js';

/** The sweeps of some scenarios: all of them in one file would take too long for one file. */
export function testCrashes(scenarios: readonly Scenario[]): void {
  for (const scenario of scenarios) {
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
    }
  }
}
