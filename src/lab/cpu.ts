import { readdirSync, readFileSync, statSync } from 'node:fs';

/** What a process of a node has used since it began. */
export interface ProcessCpu {
  /** Pid and start time: one process for ever. */
  readonly id: string;
  readonly argv: readonly string[];
  /** User and system time of all its threads. */
  readonly cpuMs: number;
}

/** USER_HZ, in which the kernel counts towards user space: 100 on all that Node runs on. */
const TICK_MS = 10;

/**
 * The processes in a network namespace. Reads the lab's own /proc, which holds a dozen processes
 * where the host's may hold thousands: it is looked at often.
 *
 * @param root the lab's root folder, as this process reaches it
 */
export function cpuInNamespace(root: string, netns: string): readonly ProcessCpu[] {
  const inode = statSync(`${root}${netns}`).ino;
  return readdirSync(`${root}/proc`).flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      const dir = `${root}/proc/${name}`;
      return statSync(`${dir}/ns/net`).ino === inode ? [cpuOf(name, dir)] : [];
    } catch {
      // It ended meanwhile.
      return [];
    }
  });
}

function cpuOf(pid: string, dir: string): ProcessCpu {
  const stat = readFileSync(`${dir}/stat`, 'utf8');
  // The fields from `state` on: proc(5) counts it as the third.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [user, system, start] = [fields[11], fields[12], fields[19]];
  const argv = readFileSync(`${dir}/cmdline`, 'utf8').split('\0').slice(0, -1);
  return { id: `${pid} ${start}`, argv, cpuMs: (Number(user) + Number(system)) * TICK_MS };
}
