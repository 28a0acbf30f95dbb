import { readFile } from 'node:fs/promises';
import { failed } from '../error.js';
import { counterDifference, type KernelCounters, parseCounters } from './netstat.js';

/** Counters by namespace: `self`, or the pid through which it was reached. */
export type KernelView = Readonly<Record<string, KernelCounters>>;

/** @throws HitlessError `target-gone` when a process is not there (any more) */
export async function readKernel(pids: readonly number[]): Promise<KernelView> {
  const names = ['self', ...pids.map(String)];
  const views = await Promise.all(
    names.map(async (name) => [name, await readNetns(name)] as const),
  );
  return Object.fromEntries(views);
}

async function readNetns(pid: string): Promise<KernelCounters> {
  try {
    const files = [`/proc/${pid}/net/netstat`, `/proc/${pid}/net/snmp`];
    const [netstat, snmp] = await Promise.all(files.map((file) => readFile(file, 'utf8')));
    return { ...parseCounters(netstat as string), ...parseCounters(snmp as string) };
  } catch (cause) {
    throw failed('target-gone', `cannot read the network counters of process ${pid}`, {
      subject: `/proc/${pid}/net`,
      hint: 'check --netns-of: the process must live as long as the run',
      cause,
    });
  }
}

export function kernelDifference(before: KernelView, after: KernelView): KernelView {
  return Object.fromEntries(
    Object.entries(after).map(([name, counters]) => [
      name,
      counterDifference(before[name] ?? {}, counters),
    ]),
  );
}
