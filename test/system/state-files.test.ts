import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { waitFor } from '../../src/host/node/wait.js';
import { losingNothing, NEW } from './load.js';
import { ask, changeAtRunTime, CHANGED, serverOf, startStateLab, statesNow } from './state-lab.js';
import type { StateLab } from './state-lab.js';
import { assertOnlyServing, hitless, LIMIT_MS, reloaded, withConfig } from './support.js';

let lab: StateLab;
before(async () => {
  lab = await startStateLab({ loadsStates: true });
});
after(async () => {
  await lab.lab.close();
});

test('with a server-state file not one request reaches a server in maintenance', async () => {
  await changeAtRunTime(lab);
  const log = lab.origins[1]?.accessLog ?? '';
  const served = async (): Promise<number> => (await readFile(log, 'utf8')).split('\n').length;
  await ask(lab, 'set server more/heavy state maint');
  let formerly = 0;
  const pid = await losingNothing(lab, [{ ...NEW, rate: 500 }], async () => {
    formerly = await served();
    await reloaded(lab, '--method', 'quiesce', '--wait');
    const { newPids } = await reloaded(lab, '--method', 'fd-pass', '--wait');
    return newPids[0] ?? 0;
  });
  await assertOnlyServing(lab, pid);
  assert.equal(await served(), formerly);
  assert.deepEqual(await statesNow(lab), CHANGED);
});

test('a stale server-state file never overrides an edit of the configuration', async () => {
  await changeAtRunTime(lab);
  await writeFile(lab.stateFile, await ask(lab, 'show servers state'));
  await withConfig(
    lab,
    (text) =>
      text
        .replace('server moved 10.77.0.11:80', 'server moved 10.77.0.11:8080')
        .replace('server dead 10.77.0.11:81', 'server dead 10.77.0.12:80')
        .replace('weight 10', 'weight 20'),
    async () => {
      await ask(lab, 'set server web/web2 state ready');
      await reloaded(lab, '--method', 'quiesce', '--wait');
      const moved = await serverOf(lab, 'more', 'moved');
      assert.deepEqual([moved.address, moved.port], ['10.77.0.11', '8080']);
      const { web2, heavy, dead } = await statesNow(lab);
      assert.deepEqual({ web2, heavy, dead }, { web2: 0, heavy: 20, dead: 2 });
    },
  );
});

test('entries of a map that were changed at run time are named as lost', async () => {
  await reloaded(lab, '--method', 'quiesce', '--wait');
  await ask(lab, `set map ${lab.map} one.test z`);
  await ask(lab, `add map ${lab.map} three.test c`);
  const { plan } = await reloaded(lab, '--method', 'quiesce', '--wait');
  assert.deepEqual(
    plan?.lostState?.map(({ what }) => what),
    [`2 entries of the map ${lab.map}`],
  );
  assert.doesNotMatch(await ask(lab, `show map ${lab.map}`), /three/);
});

test('--keep-runtime writes them into their file first, and all else of it stays', async () => {
  await ask(lab, `set map ${lab.map} one.test z`);
  await ask(lab, `del map ${lab.map} two.test`);
  await ask(lab, `add map ${lab.map} three.test c`);
  const { plan } = await reloaded(lab, '--method', 'quiesce', '--wait', '--keep-runtime');
  assert.deepEqual(plan?.lostState, []);
  assert.equal(await readFile(lab.map, 'utf8'), '# hosts\none.test  z\nthree.test c\n');
  assert.match(await ask(lab, `show map ${lab.map}`), /one.test z\n.* three.test c/);
  // What was written is known to be what runs.
  const { stdout } = await hitless(lab, 'plan', '--json');
  const planned = JSON.parse(stdout) as {
    readonly changes: unknown;
    readonly drift: readonly { readonly kind: string }[];
  };
  assert.deepEqual(planned.changes, []);
  assert.ok(!planned.drift.some(({ kind }) => kind === 'map-entry'));
});

test('--keep-runtime refuses when something cannot be kept, and touches nothing', async () => {
  await ask(lab, 'add server more/dynamic 10.77.0.11:80');
  const former = await readFile(lab.map, 'utf8');
  await ask(lab, `set map ${lab.map} one.test y`);
  const ran = await hitless(lab, 'reload', '--json', '--method', 'quiesce', '--keep-runtime');
  assert.equal(ran.code, 10);
  assert.match(ran.stderr, /cannot keep:\n.*server more\/dynamic/);
  assert.equal(await readFile(lab.map, 'utf8'), former);
});

for (const method of ['fd-pass', 'quiesce'] as const) {
  test(`${method}: the entries of a stick table with peers are there after the reload`, async () => {
    await reloaded(lab, '--method', method, '--wait');
    for (let at = 1; at <= 20; at += 1) {
      const url = lab.urls[0];
      await lab.client.must(['curl', '-s', '-o', '/dev/null', '-H', `x-key: ${method}${at}`, url]);
    }
    const filled = await tableSize();
    assert.ok(filled >= 20);
    // Right after the last one: a process so young would hand nothing on if it were not waited for.
    const { newPids } = await reloaded(lab, '--method', method, '--wait');
    await assertOnlyServing(lab, newPids[0] ?? 0);
    const same = async (): Promise<true | undefined> =>
      (await tableSize()) === filled ? true : undefined;
    assert.ok(await waitFor(same, { timeoutMs: LIMIT_MS }), `${await tableSize()} of ${filled}`);
  });
}

async function tableSize(): Promise<number> {
  return Number(/used:(\d+)/.exec(await ask(lab, 'show table www'))?.[1]);
}
