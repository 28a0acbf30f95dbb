import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, readlinkSync } from 'node:fs';
import { failed } from '../../error.js';
import { parseStat } from '../proc.js';
import { run } from './run.js';
import type { Command, CommandResult, Detached, ProcessId } from '../host.js';

export async function runCommand(command: Command): Promise<CommandResult> {
  return await run(wholeArgv(command), {
    ...(command.cwd === undefined ? {} : { cwd: command.cwd }),
    ...(command.env === undefined ? {} : { env: command.env }),
    ...(command.timeoutMs === undefined ? {} : { timeoutMs: command.timeoutMs }),
    ...(command.input === undefined ? {} : { input: command.input }),
  });
}

/** nsenter and setpriv execute what they are given: the pid stays the same. */
export async function startDetached(command: Detached): Promise<ProcessId> {
  const [file = '', ...args] = wholeArgv(command);
  const log = command.logFile === undefined ? 'ignore' : openSync(command.logFile, 'a', 0o600);
  try {
    const child = spawn(file, args, {
      ...(command.cwd === undefined ? {} : { cwd: command.cwd }),
      ...(command.env === undefined ? {} : { env: command.env }),
      detached: true,
      stdio: ['ignore', log, log],
    });
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve).once('error', (cause: NodeJS.ErrnoException) => {
        const why = cause.code ?? cause.message;
        reject(failed('tool-missing', `cannot run ${file}: ${why}`, { subject: file, cause }));
      });
    });
    child.unref();
    const pid = child.pid ?? 0;
    return { pid, startTicks: parseStat(readFileSync(`/proc/${pid}/stat`, 'utf8')).startTicks };
  } finally {
    if (log !== 'ignore') closeSync(log);
  }
}

export function wholeArgv(command: Command | Detached): readonly string[] {
  const { argv, namespacesOf, netNamespaceOf, user } = command;
  return [
    ...(namespacesOf === undefined ? [] : enter(namespacesOf, isForeign(namespacesOf, 'mnt'))),
    ...(netNamespaceOf === undefined ? [] : enter(netNamespaceOf, false)),
    ...asUser(user),
    ...argv,
  ];
}

/** nsenter's words, or none where the process shares our namespaces (the usual case). */
function enter(pid: number, mnt: boolean): readonly string[] {
  const net = isForeign(pid, 'net');
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
