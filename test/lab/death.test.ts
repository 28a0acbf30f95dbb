import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { waitFor } from '../../src/host/node/wait.js';
import { sweepLabs } from '../../src/lab/folder.js';
import { sendSignal } from '../../src/lab/proc.js';
import { stop } from '../../src/lab/stall.js';
import { hostState, linkOf, processesOf } from './support.js';

interface Owned {
  readonly owner: ChildProcess;
  readonly dir: string;
  readonly pid: number;
  /** What is left of the lab's processes. */
  readonly left: () => readonly string[];
}

const GONE_WITHIN_MS = 5_000;

async function startOwner(kind: 'hold' | 'polite'): Promise<Owned> {
  const program = fileURLToPath(new URL('./fixture-owner.js', import.meta.url));
  const owner = spawn(process.execPath, [program, kind], {
    // A group of its own, so that a test can send Ctrl-C to all of it as a terminal does.
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(owner.stdout, 'data')) as [Buffer];
  const { dir, pid } = JSON.parse(line.toString()) as { dir: string; pid: number };
  const namespace = linkOf(pid) ?? 'gone';
  return { owner, dir, pid, left: () => processesOf(namespace, dir) };
}

function allGone({ left }: Owned): Promise<true | undefined> {
  return waitFor(() => left().length === 0 || undefined, { timeoutMs: GONE_WITHIN_MS });
}

test('SIGKILL of the owner ends every process; the next sweep removes the folder', async () => {
  const before = await hostState();
  const owned = await startOwner('hold');
  assert.ok(owned.left().length >= 6, 'two Apaches, HAProxy, init');
  owned.owner.kill('SIGKILL');
  assert.equal(await allGone(owned), true, owned.left().join('\n'));
  // Labs of other test files sweep, too, and may have been first.
  await sweepLabs();
  assert.equal(existsSync(owned.dir), false);
  assert.deepEqual(await hostState(), before);
});

test('SIGKILL of the owner while a process of the lab is stalled ends that one, too', async () => {
  const owned = await startOwner('hold');
  await stop(owned.pid);
  owned.owner.kill('SIGKILL');
  assert.equal(await allGone(owned), true, owned.left().join('\n'));
  await sweepLabs();
});

test('Ctrl-C in the terminal reaches the owner only, which closes its lab', async () => {
  const owned = await startOwner('polite');
  const exited = once(owned.owner, 'exit');
  process.kill(-(owned.owner.pid as number), 'SIGINT');
  assert.deepEqual(await exited, [0, null]);
  assert.deepEqual(owned.left(), []);
  assert.equal(existsSync(owned.dir), false);
});

test('an owner that Ctrl-C simply kills leaves no process', async () => {
  const owned = await startOwner('hold');
  process.kill(-(owned.owner.pid as number), 'SIGINT');
  assert.equal(await allGone(owned), true, owned.left().join('\n'));
  await sweepLabs();
  assert.equal(sendSignal(owned.pid, 'SIGCONT'), false);
});
