import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertNextReloadWorks } from './after-crash.js';
import { runReload } from './runs.js';
import { SCENARIOS } from './scenarios.js';
import { CRASH_MODES, sweep } from './sweep.js';

for (const scenario of SCENARIOS) {
  for (const mode of CRASH_MODES) {
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
