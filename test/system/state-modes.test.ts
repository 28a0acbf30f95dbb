import assert from 'node:assert/strict';
import { test } from 'node:test';
import { losingNothing, NEW } from './load.js';
import { changeAtRunTime, CHANGED, startStateLab, statesNow } from './state-lab.js';
import { assertOnlyServing, awaitHaproxies, haproxies, reloaded } from './support.js';

for (const haproxyMode of ['master-worker', 'foreground', 'foreground-master'] as const) {
  test(`${haproxyMode}: servers that are down, drained or in maintenance, weights and addresses stay so`, async () => {
    const lab = await startStateLab({ haproxyMode });
    try {
      await changeAtRunTime(lab);
      const count = haproxies(lab).length;
      const pid = await losingNothing(lab, [NEW], async () => {
        const { newPids } = await reloaded(lab, '--wait');
        return newPids[0] ?? 0;
      });
      if (haproxyMode === 'foreground') await assertOnlyServing(lab, pid);
      else await awaitHaproxies(lab, haproxies(lab).slice(-count));
      assert.equal(haproxies(lab).length, count);
      assert.deepEqual(await statesNow(lab), CHANGED);
    } finally {
      await lab.lab.close();
    }
  });
}

test('master-worker with a server-state file: all stays so, and the worker is told nothing', async () => {
  const lab = await startStateLab({ haproxyMode: 'master-worker', loadsStates: true });
  try {
    await changeAtRunTime(lab);
    const { plan } = await reloaded(lab, '--wait');
    assert.deepEqual(await statesNow(lab), CHANGED);
    const told = plan?.handOver.find(({ kind }) => kind === 'carry-states');
    assert.match(told?.text ?? '', /state of more\/moved address 10\.77\.0\.12:80$/);
  } finally {
    await lab.lab.close();
  }
});
