import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { waitFor } from '../../src/host/node/wait.js';
import { sweepLabs } from '../../src/lab/folder.js';
import { startLab, withLab } from '../../src/lab/lab.js';
import { pidNamespace, stateOf } from '../../src/lab/proc.js';
import { stop } from '../../src/lab/stall.js';
import { QUESTION_TOPOLOGY } from '../../src/lab/topology.js';
import { hostState, labFolders } from './support.js';

const PAIR = {
  nodes: [
    { name: 'client', addresses: ['10.77.0.2/24'] },
    { name: 'lb', addresses: ['10.77.0.1/24'], sysctls: { 'net.ipv4.tcp_migrate_req': '1' } },
  ],
} as const;

test('a closed lab leaves nothing on the host', async () => {
  const before = await hostState();
  const lab = await startLab(QUESTION_TOPOLOGY);
  const lb = lab.node('lb');
  await lb.start(['sleep', '1000'], { name: 'sleeper' });
  await lb.must(['nft', 'add', 'table', 'inet', 'lab']);
  assert.equal(lab.processes().length, 1);
  assert.deepEqual(await hostState(), before, 'while it runs, too');
  await lab.close();
  await lab.close();
  assert.deepEqual(lab.processes(), []);
  assert.equal(existsSync(lab.dir), false);
  assert.deepEqual(await hostState(), before);
});

test('a sysctl of a node is set in that node only', async () => {
  const setting = ['sysctl', '-n', 'net.ipv4.tcp_migrate_req'];
  const host = readFileSync('/proc/sys/net/ipv4/tcp_migrate_req', 'utf8');
  await withLab(PAIR, async (lab) => {
    assert.equal((await lab.node('lb').must(setting)).trim(), '1');
    assert.equal((await lab.node('client').must(setting)).trim(), '0');
    assert.equal(readFileSync('/proc/sys/net/ipv4/tcp_migrate_req', 'utf8'), host);
  });
});

test('two labs with the same addresses run side by side', async () => {
  await withLab(PAIR, (one) =>
    withLab(PAIR, async (two) => {
      await one.node('lb').must(['nft', 'add', 'table', 'inet', 'first']);
      assert.equal(await two.node('lb').must(['nft', 'list', 'tables']), '');
      await one.close();
      assert.equal((await two.node('client').run(['true'])).code, 0);
    }),
  );
});

test('a process has one pid for the host and one for the lab, and both name it', async () => {
  await withLab(PAIR, async (lab) => {
    const sleeper = await lab.node('lb').start(['sleep', '1000'], { name: 'sleeper' });
    const seen = await lab.node('client').must(['ps', '-o', 'args=', '-p', `${sleeper.pidInLab}`]);
    assert.equal(seen.trim(), 'sleep 1000');
    assert.equal(sleeper.kill('SIGTERM'), true);
    assert.deepEqual(await sleeper.exited, { code: null, killedBy: 'SIGTERM' });
    assert.equal(sleeper.kill('SIGTERM'), false);
  });
});

test('a daemon that has ended is not left as a zombie', async () => {
  await withLab(PAIR, async (lab) => {
    const lb = lab.node('lb');
    // Both the daemon and its starter end; the daemon's parent is then the init.
    await lb.must(['bash', '-c', 'setsid sleep 0.05 </dev/null >/dev/null 2>&1 & :']);
    const gone = async () => (await lb.must(['ps', '-eo', 'stat=,args='])).match(/sleep|^Z/m);
    const clean = async () => (await gone()) === null || undefined;
    assert.equal(await waitFor(clean, { timeoutMs: 5_000 }), true);
  });
});

test('a command that is too slow, or aborted, does not go on in the lab', async () => {
  await withLab(PAIR, async (lab) => {
    const lb = lab.node('lb');
    await assert.rejects(lb.run(['sleep', '1000'], { timeoutMs: 50 }), { code: 'step-failed' });
    const signal = AbortSignal.timeout(50);
    await assert.rejects(lb.run(['sleep', '1000'], { signal }), { name: 'TimeoutError' });
    assert.deepEqual(lab.processes(), []);
  });
});

test('a stalled process can be resumed, and a lab closes with a process still stalled', async () => {
  const lab = await startLab(PAIR);
  const process = await lab.node('lb').start(['sleep', '1000'], { name: 'sleeper' });
  const stalled = await stop(process.pid);
  stalled.resume();
  assert.equal(
    await waitFor(() => stateOf(process.pid) === 'S' || undefined, { timeoutMs: 1_000 }),
    true,
  );
  await stop(process.pid);
  await lab.close();
  assert.equal(stateOf(process.pid), undefined);
});

test('a program that cannot be started is reported with its reason', async () => {
  await withLab(PAIR, async (lab) => {
    const missing = lab.node('lb').start(['no-such-program'], { name: 'missing' });
    const ended = missing.then((process) => process.exited);
    await ended.then(
      (exit) => assert.equal(exit.code, 127),
      (error: Error) => assert.match(error.message, /no-such-program: No such file/),
    );
  });
});

test('a start that fails or is aborted leaves nothing', async () => {
  const before = await hostState();
  const bad = { nodes: [{ name: 'lb', addresses: [], routes: ['default via 10.1.1.1'] }] };
  await assert.rejects(startLab(bad), { code: 'lab-failed', message: /lb: ip -batch/ });
  await assert.rejects(startLab(PAIR, { signal: AbortSignal.abort() }), { name: 'AbortError' });
  assert.deepEqual(labFolders(process.pid), []);
  assert.deepEqual(await hostState(), before);
});

test('a sweep takes only folders whose owner is dead, in this pid namespace', async () => {
  const dead = join(tmpdir(), `hitless-lab-${pidNamespace('self')}-${process.pid}-1-aaaaaa`);
  const foreign = join(tmpdir(), `hitless-lab-1-${process.pid}-1-aaaaaa`);
  await Promise.all([mkdir(dead), mkdir(foreign)]);
  await withLab(PAIR, async (lab) => {
    await sweepLabs();
    assert.deepEqual([dead, foreign, lab.dir].map(existsSync), [false, true, true]);
  });
  await rm(foreign, { recursive: true });
});

test('nobody is stopped in place of a process that is not there', async () => {
  await assert.rejects(async () => await stop(0), /process 0 cannot be stalled: it is gone/);
});
