import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertRecovers } from './after-crash.js';
import { testCrashes } from './crash-cases.js';
import { runReload } from './runs.js';
import { SCENARIOS, scenarioNamed } from './scenarios.js';
import { sweep } from './sweep.js';

testCrashes(SCENARIOS.filter(({ method }) => !method.startsWith('syn-')));

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
