import { chmod, lstat, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { failed, messageOf } from '../error.js';
import { pidNamespace, startTicks } from './proc.js';

export interface SweepReport {
  readonly removed: readonly string[];
  readonly left: readonly { readonly dir: string; readonly why: string }[];
}

/** The name says who owns the folder: pid namespace, pid, start time. */
const NAME = /^hitless-lab-(\d+)-(\d+)-(\d+)-\w{6}$/;
const REMOVE_RETRIES = 5;

/** A work folder that a later start recognises as abandoned once this process is gone. */
export async function createLabFolder(): Promise<string> {
  if (`${tmpdir()}/`.startsWith('/run/')) {
    throw failed('lab-failed', `a lab hides /run, so its work folder cannot be in ${tmpdir()}`, {
      hint: 'set TMPDIR=/tmp',
    });
  }
  const owner = `${pidNamespace('self')}-${process.pid}-${startTicks(process.pid)}`;
  const dir = await mkdtemp(join(tmpdir(), `hitless-lab-${owner}-`));
  // Apache's workers run as nobody and must reach their document root.
  await chmod(dir, 0o711);
  return dir;
}

export async function removeLabFolder(dir: string): Promise<void> {
  await rm(dir, { recursive: true, force: true, maxRetries: REMOVE_RETRIES });
}

/**
 * Removes the folders of labs whose owner is dead; their processes and namespaces died with it.
 * Folders of other users, and of other pid namespaces whose pids mean nothing here, are left alone.
 */
export async function sweepLabs(): Promise<SweepReport> {
  const removed: string[] = [];
  const left: { readonly dir: string; readonly why: string }[] = [];
  for (const name of await readdir(tmpdir())) {
    const dir = join(tmpdir(), name);
    if (!(await isAbandoned(name, dir))) continue;
    try {
      await removeLabFolder(dir);
      removed.push(dir);
    } catch (error) {
      left.push({ dir, why: messageOf(error) });
    }
  }
  return { removed, left };
}

async function isAbandoned(name: string, dir: string): Promise<boolean> {
  const [, namespace, pid, ticks] = NAME.exec(name) ?? [];
  if (namespace === undefined || namespace !== pidNamespace('self')) return false;
  if (startTicks(Number(pid)) === Number(ticks)) return false;
  const stat = await lstat(dir).catch(() => undefined);
  return stat?.isDirectory() === true && stat.uid === process.getuid?.();
}
