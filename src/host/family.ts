import type { Host, ProcessId, ProcessInfo, Socket } from './host.js';

/** A process with all that descend from it, itself first. Empty when it is gone. */
export async function familyOf(host: Host, leader: ProcessId): Promise<readonly ProcessInfo[]> {
  const all = await host.processes.named('');
  const family = all.filter(
    ({ pid, startTicks }) => pid === leader.pid && startTicks === leader.startTicks,
  );
  for (const member of family) {
    family.push(...all.filter(({ parentPid }) => parentPid === member.pid));
  }
  return family;
}

/** Of several processes those that none of the others has started. */
export function leadersOf(processes: readonly ProcessInfo[]): readonly ProcessInfo[] {
  const pids = new Set(processes.map(({ pid }) => pid));
  return processes.filter(({ parentPid }) => !pids.has(parentPid));
}

/** The processes that hold these sockets and were not started by one another. */
export async function ownersOf(
  host: Host,
  inodes: readonly number[],
): Promise<readonly ProcessInfo[]> {
  if (inodes.length === 0) return [];
  const all = await host.processes.named('');
  const owners: ProcessInfo[] = [];
  for (const process of all) {
    const own = await host.sockets.inodesOf(process.pid);
    if (inodes.some((inode) => own.has(inode))) owners.push(process);
  }
  return leadersOf(owners);
}

/** All sockets that a process and its descendants hold. */
export async function inodesOfFamily(host: Host, leader: ProcessId): Promise<ReadonlySet<number>> {
  const family = await familyOf(host, leader);
  const sets = await Promise.all(family.map(async ({ pid }) => await host.sockets.inodesOf(pid)));
  return new Set(sets.flatMap((set) => [...set]));
}

/** Listening TCP sockets of a process and its descendants. */
export async function listenersOfFamily(host: Host, leader: ProcessId): Promise<readonly Socket[]> {
  const own = await inodesOfFamily(host, leader);
  if (own.size === 0) return [];
  const all = await host.sockets.listeners(leader.pid);
  return all.filter(({ family, inode }) => family !== 'unix' && own.has(inode));
}
