import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertNextReloadWorks, assertRecovers } from './after-crash.js';
import { assertServed } from './invariants.js';
import { runReload } from './runs.js';
import { SCENARIOS, scenarioNamed } from './scenarios.js';
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
  }
}

for (const name of ['fd-pass', 'migrate of unix sockets, with an edit']) {
  test(`${name}: a reload killed while the new HAProxy is still starting is put right by recover`, async () => {
    const scenario = scenarioNamed(name);
    const { problems } = await sweep(
      scenario,
      (at) => ({ kind: 'crash', at, mode: 'after' }),
      async (world, trouble) => {
        world.startTrouble = 'late';
        return await runReload(world, scenario, trouble);
      },
      async ({ world, oldPid }) => await assertRecovers(world, scenario, oldPid),
    );
    assert.deepEqual(problems, []);
  });
}
