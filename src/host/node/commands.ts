import { readlinkSync } from 'node:fs';
import { run } from './run.js';
import type { Command, CommandResult } from '../host.js';

export async function runCommand(command: Command): Promise<CommandResult> {
  const entered = command.namespacesOf === undefined ? [] : enter(command.namespacesOf);
  const prefix = [...entered, ...asUser(command.user)];
  return await run([...prefix, ...command.argv], {
    ...(command.cwd === undefined ? {} : { cwd: command.cwd }),
    ...(command.env === undefined ? {} : { env: command.env }),
    ...(command.timeoutMs === undefined ? {} : { timeoutMs: command.timeoutMs }),
  });
}

/** nsenter's words, or none where the process shares our namespaces (the usual case). */
function enter(pid: number): readonly string[] {
  const net = isForeign(pid, 'net');
  const mnt = isForeign(pid, 'mnt');
  if (!net && !mnt) return [];
  return [
    'nsenter',
    `--target=${pid}`,
    ...(net ? ['--net'] : []),
    ...(mnt ? ['--mount', '--wd'] : []),
  ];
}

/** The process lives in another namespace of this kind than hitless. */
export function isForeign(pid: number, kind: 'net' | 'mnt'): boolean {
  try {
    return readlinkSync(`/proc/${pid}/ns/${kind}`) !== readlinkSync(`/proc/self/ns/${kind}`);
  } catch {
    return false;
  }
}

function asUser(user: Command['user']): readonly string[] {
  if (user === undefined || user.uid === process.getuid?.()) return [];
  return ['setpriv', `--reuid=${user.uid}`, `--regid=${user.gid}`, '--init-groups'];
}
