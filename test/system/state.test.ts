import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { losingNothing, NEW } from './load.js';
import { ask, changeAtRunTime, CHANGED, serverOf, startStateLab, statesNow } from './state-lab.js';
import type { StateLab } from './state-lab.js';
import {
  assertOnlyServing,
  hitless,
  outcomeOf,
  reloaded,
  servingPid,
  withConfig,
} from './support.js';

let lab: StateLab;
before(async () => {
  lab = await startStateLab();
});
after(async () => {
  await lab.lab.close();
});

for (const method of ['quiesce', 'fd-pass', 'migrate', 'syn-drop', 'plain'] as const) {
  test(`${method}: servers that are down, drained or in maintenance, weights and addresses stay so`, async () => {
    await changeAtRunTime(lab);
    assert.deepEqual(await statesNow(lab), CHANGED);
    const reload = async (): Promise<number> => {
      const words = ['--method', method, '--wait', ...(method === 'plain' ? ['--allow-loss'] : [])];
      const { newPids, plan } = await reloaded(lab, ...words);
      assert.ok(plan?.handOver.some(({ kind }) => kind === 'carry-states'));
      return newPids[0] ?? 0;
    };
    const pid = method === 'plain' ? await reload() : await losingNothing(lab, [NEW], reload);
    await assertOnlyServing(lab, pid);
    assert.deepEqual(await statesNow(lab), CHANGED);
  });
}

test('haproxy -x -sf, as people call it, forgets them all', async () => {
  await changeAtRunTime(lab);
  const { argv, paths } = lab.haproxy;
  const old = String(await servingPid(lab));
  await lab.lb.must([...argv, '-x', paths.statsSocket, '-sf', old]);
  await assertOnlyServing(lab, await newPid());
  const { dead, ...set } = await statesNow(lab);
  assert.deepEqual(set, { web2: 0, drained: 0, heavy: 10, moved: '10.77.0.11' });
  assert.equal(typeof dead, 'number');
});

async function newPid(): Promise<number> {
  return Number((await lab.lb.must(['cat', lab.haproxy.paths.pidFile])).trim());
}

test('nothing is carried over, and nothing said, when the files say it all', async () => {
  await ask(lab, 'set server more/dead health up');
  const { plan } = outcomeOf(
    await hitless(lab, 'reload', '--dry-run', '--json', '--method', 'quiesce'),
  );
  const carried = plan?.handOver.filter(({ kind }) => kind === 'carry-states') ?? [];
  assert.ok(
    carried.every(({ text }) => /more\/dead/.test(text)),
    JSON.stringify(carried),
  );
});

test('an address, a weight or "disabled" that is edited in the file wins over what was set at run time', async () => {
  await changeAtRunTime(lab);
  await withConfig(
    lab,
    (text) =>
      text
        .replace('server moved 10.77.0.11:80', 'server moved 10.77.0.11:8080')
        .replace('weight 10', 'weight 20')
        .replace('server drained 10.77.0.11:80', 'server drained 10.77.0.11:80 disabled')
        .replace('server dead 10.77.0.11:81', 'server dead 10.77.0.12:80'),
    async () => {
      const { newPids } = await reloaded(lab, '--method', 'quiesce', '--wait');
      await assertOnlyServing(lab, newPids[0] ?? 0);
      const moved = await serverOf(lab, 'more', 'moved');
      assert.deepEqual([moved.address, moved.port], ['10.77.0.11', '8080']);
      assert.deepEqual(
        { ...(await statesNow(lab)), moved: '' },
        { web2: 1, drained: 5, heavy: 20, dead: 2, moved: '' },
      );
    },
  );
});

test('a server that the new file no longer has is left out, and one added at run time is named', async () => {
  await reloaded(lab, '--method', 'quiesce', '--wait');
  await ask(lab, 'set server web/web2 state maint');
  await ask(lab, 'add server more/dynamic 10.77.0.11:80');
  const { plan } = await reloaded(lab, '--method', 'quiesce', '--wait');
  assert.deepEqual(
    plan?.lostState?.map(({ what }) => what),
    ['server more/dynamic'],
  );
  await withConfig(
    lab,
    (text) => text.replace(/\n.*server web2 .*/, ''),
    async () => {
      await reloaded(lab, '--method', 'quiesce', '--wait');
      assert.doesNotMatch(await ask(lab, 'show servers state'), /web2/);
    },
  );
});

test('set balance keeps a server in maintenance', async () => {
  await reloaded(lab, '--method', 'quiesce', '--wait');
  await ask(lab, 'set server web/web2 state maint');
  const ran = await hitless(lab, 'set', 'balance', 'web', 'leastconn', '--json', '--wait');
  assert.equal(ran.code, 0, ran.stderr);
  assert.equal((await serverOf(lab, 'web', 'web2')).admin, 1);
});
