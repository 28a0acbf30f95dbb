import { readFileSync, readdirSync, readlinkSync } from 'node:fs';

/** Clock ticks from boot to the start of a process; with the pid it names one process for ever. */
export function startTicks(pid: number): number | undefined {
  const field = statFields(pid)?.[19];
  return field === undefined ? undefined : Number(field);
}

/** The state letter of `ps`: `T` stopped, `Z` zombie. undefined when there is no such process. */
export function stateOf(pid: number): string | undefined {
  return statFields(pid)?.[0];
}

/** The children of the main thread of a process. */
export function childrenOf(pid: number): readonly number[] {
  const text = read(`/proc/${pid}/task/${pid}/children`) ?? '';
  return text.split(' ').filter(Boolean).map(Number);
}

/** The pid that a process has in its own, innermost pid namespace. */
export function innerPid(pid: number): number | undefined {
  const line = /^NSpid:\s*(.+)$/m.exec(read(`/proc/${pid}/status`) ?? '')?.[1];
  return line === undefined ? undefined : Number(line.split(/\s+/).at(-1));
}

/** Inode number of the pid namespace of a process. */
export function pidNamespace(pid: number | 'self'): string | undefined {
  try {
    return /\d+/.exec(readlinkSync(`/proc/${pid}/ns/pid`))?.[0];
  } catch {
    return undefined;
  }
}

export function commandOf(pid: number): readonly string[] {
  return (read(`/proc/${pid}/cmdline`) ?? '').split('\0').slice(0, -1);
}

export function allPids(): readonly number[] {
  return readdirSync('/proc').map(Number).filter(Number.isInteger);
}

/** False when there is no such process any more. */
export function sendSignal(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw error;
  }
}

/** True when a TCP socket listens on the port in the network namespace of the process. */
export function listens(pid: number, port: number): boolean {
  const local = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  return ['tcp', 'tcp6'].some((table) =>
    (read(`/proc/${pid}/net/${table}`) ?? '').split('\n').some((line) => {
      const [, address, , state] = line.trim().split(/\s+/);
      return state === LISTEN && address?.endsWith(local) === true;
    }),
  );
}

/** TCP_LISTEN in include/net/tcp_states.h. */
const LISTEN = '0A';

/** The fields of /proc/PID/stat from `state` on: the name before them may hold spaces and brackets. */
function statFields(pid: number): readonly string[] | undefined {
  const text = read(`/proc/${pid}/stat`);
  return text?.slice(text.lastIndexOf(')') + 2).split(' ');
}

/** undefined when the process is gone, which with /proc is an answer and not an error. */
function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
