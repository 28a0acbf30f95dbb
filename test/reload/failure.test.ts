import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EXIT, messageOf } from '../../src/error.js';
import { assertServed, assertSettled, settle } from './invariants.js';
import { exitCodeOf, runRecover, runReload } from './runs.js';
import { MIGRATE, SCENARIOS, scenarioNamed, servingOf, type Scenario } from './scenarios.js';
import { sweep, type SweptRun } from './sweep.js';

for (const scenario of SCENARIOS) {
  test(`${scenario.name}: whatever call fails once, the exit code says how things stand`, async (t) => {
    const { struck, problems } = await sweep(
      scenario,
      (at) => ({ kind: 'failure', at }),
      async (world, trouble) => await runReload(world, scenario, trouble),
      async (swept) => await judge(scenario, swept),
    );
    t.diagnostic(`${struck} failures`);
    assert.deepEqual(problems, []);
  });
}

async function judge(scenario: Scenario, { world, oldPid, outcome }: SweptRun): Promise<void> {
  assertServed(world, scenario);
  const sysctl = world.sysctls.get('host')?.get(MIGRATE);
  const served = servingOf(world).pid;
  switch (exitCodeOf(outcome)) {
    case EXIT.done:
      assert.notEqual(served, oldPid, 'said done, but the old generation serves');
      assert.equal(sysctl, '0', 'said done, but the sysctl is not back');
      break;
    case EXIT.refused:
    case EXIT.putBack:
      assert.equal(served, oldPid, 'said put back, but a new generation serves');
      assert.equal(sysctl, '0', 'said put back, but the sysctl is not');
      break;
    case EXIT.notPutBack:
      assert.match(messageOf(outcome.error), /not put back: .+/);
      break;
    default:
      assert.fail(`exit code ${exitCodeOf(outcome)}`);
  }
  const recovered = await runRecover(world, scenario);
  assert.equal(recovered.error, undefined, `recover: ${messageOf(recovered.error)}`);
  settle(world);
  assertSettled(world, scenario, oldPid);
}

for (const name of ['quiesce, with an edit', 'migrate of unix sockets, with an edit']) {
  const scenario = scenarioNamed(name);
  test(`${name}: a recover of which any call fails once is ended by the next one`, async () => {
    const problems: string[] = [];
    for (const crashAt of [9, 14, 18, 22, 26, 30, 34]) {
      const swept = await sweep(
        scenario,
        (at) => ({ kind: 'failure', at }),
        async (world, trouble) => {
          await runReload(world, scenario, { kind: 'crash', at: crashAt, mode: 'after' });
          return await runRecover(world, scenario, trouble);
        },
        async ({ world, oldPid, outcome }) => {
          const code = exitCodeOf(outcome);
          assert.ok(code === EXIT.done || code === EXIT.notPutBack, `exit code ${code}`);
          const next = await runRecover(world, scenario);
          assert.equal(next.error, undefined, `next recover: ${messageOf(next.error)}`);
          settle(world);
          assertSettled(world, scenario, oldPid);
        },
      );
      problems.push(...swept.problems.map((problem) => `crash ${crashAt}, then ${problem}`));
    }
    assert.deepEqual(problems, []);
  });
}
