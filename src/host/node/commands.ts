import { readlink } from 'node:fs/promises';
import { run } from './run.js';
import type { Command, CommandResult } from '../host.js';

export async function runCommand(command: Command): Promise<CommandResult> {
  const entered = command.namespacesOf === undefined ? [] : await enter(command.namespacesOf);
  const prefix = [...entered, ...asUser(command.user)];
  return await run([...prefix, ...command.argv], {
    ...(command.cwd === undefined ? {} : { cwd: command.cwd }),
    ...(command.env === undefined ? {} : { env: command.env }),
    ...(command.timeoutMs === undefined ? {} : { timeoutMs: command.timeoutMs }),
  });
}

/** nsenter's words, or none where the process shares our namespaces (the usual case). */
async function enter(pid: number): Promise<readonly string[]> {
  const [net, mnt] = await Promise.all([differs(pid, 'net'), differs(pid, 'mnt')]);
  if (!net && !mnt) return [];
  return ['nsenter', `--target=${pid}`, ...(net ? ['--net'] : []), ...(mnt ? ['--mount', '--wd'] : [])];
}

async function differs(pid: number, kind: string): Promise<boolean> {
  const theirs = await readlink(`/proc/${pid}/ns/${kind}`).catch(() => undefined);
  return theirs !== undefined && theirs !== (await readlink(`/proc/self/ns/${kind}`));
}

function asUser(user: Command['user']): readonly string[] {
  if (user === undefined || user.uid === process.getuid?.()) return [];
  return ['setpriv', `--reuid=${user.uid}`, `--regid=${user.gid}`, '--init-groups'];
}
