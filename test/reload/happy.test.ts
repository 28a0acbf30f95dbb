import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertSettled, settle } from './invariants.js';
import { exitCodeOf, place, runReload } from './runs.js';
import { buildWorld, servingOf, SCENARIOS } from './scenarios.js';

for (const scenario of SCENARIOS) {
  test(`${scenario.name}: the new generation serves and nothing is left behind`, async () => {
    const world = buildWorld(scenario);
    const old = servingOf(world).pid;
    const outcome = await runReload(world, scenario);
    assert.equal(exitCodeOf(outcome), 0, place(outcome));
    if (scenario.supervised !== true) {
      assert.deepEqual(outcome.result?.newPids, [servingOf(world).pid]);
    }
    assert.notEqual(servingOf(world).pid, old);
    settle(world);
    assertSettled(world, scenario, old);
  });
}
