import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { ProcessId } from '../../src/host/host.js';
import { nodeHost } from '../../src/host/node/index.js';
import { waitFor } from '../../src/host/node/wait.js';

const { processes } = nodeHost();
const LIMIT_MS = 20_000;
const LONG_MS = 60_000;

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hitless-guard-'));
});
after(async () => {
  await rm(folder, { recursive: true });
});

test('a guard acts when the process that it watches has ended, and then ends itself', async () => {
  const { watched, file, name } = await underGuard('end', LONG_MS);
  await processes.signal(watched, 'SIGKILL');
  await until(async () => (await written(file)) && (await gone(name)));
});

test('a guard acts when its time is over, whoever lives', async () => {
  const { watched, file, name } = await underGuard('time', 1);
  await until(async () => (await written(file)) && (await gone(name)));
  assert.ok(await processes.isAlive(watched));
  await processes.signal(watched, 'SIGKILL');
});

test('a guard that is sent away has done nothing', async () => {
  const { watched, file, name, guard } = await underGuard('sent-away', LONG_MS);
  assert.deepEqual(
    (await processes.guardsNamed(name)).map(({ pid }) => pid),
    [guard.pid],
  );
  await processes.signal(guard, 'SIGUSR1');
  assert.ok(await processes.isAlive(guard), 'it only has its time again');
  await processes.signal(guard, 'SIGTERM');
  await until(async () => await gone(name));
  await processes.signal(watched, 'SIGKILL');
  assert.equal(await written(file), false);
});

interface Guarded {
  readonly name: string;
  readonly file: string;
  readonly watched: ProcessId;
  readonly guard: ProcessId;
}

async function underGuard(what: string, afterMs: number): Promise<Guarded> {
  const watched = await processes.start({ argv: ['sleep', '60'] });
  const name = `${what}-${process.pid}`;
  const file = join(folder, what);
  const commands = [['cp', '/dev/null', file]];
  const guard = await processes.startGuard({ name, watches: watched, afterMs, commands });
  return { name, file, watched, guard };
}

async function written(file: string): Promise<boolean> {
  return await readFile(file).then(
    () => true,
    () => false,
  );
}

async function gone(name: string): Promise<boolean> {
  return (await processes.guardsNamed(name)).length === 0;
}

async function until(look: () => Promise<boolean>): Promise<void> {
  const seen = await waitFor(async () => ((await look()) ? true : undefined), {
    timeoutMs: LIMIT_MS,
  });
  assert.ok(seen);
}
