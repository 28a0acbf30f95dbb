import { readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { basename } from 'node:path';
import { parseEnvironment, parseOwner, parseStat, parseWords } from '../proc.js';
import { startDetached } from './commands.js';
import { isGuardNamed, startGuard } from './guard.js';
import type { ProcessId, ProcessInfo, Processes } from '../host.js';

/** USER_HZ: 100 on every Linux that runs Node. */
const TICKS_PER_SECOND = 100;

/*
 * /proc is read synchronously: the kernel answers from memory at once, and a thread pool round
 * trip for each of a thousand small files would cost more than the reload itself.
 */
export const processes: Processes = {
  named,
  info,
  isAlive,
  environment,
  signal,
  start: startDetached,
  startGuard,
  guardsNamed,
};

async function named(name: string): Promise<readonly ProcessInfo[]> {
  const pids = readdirSync('/proc').filter((entry) => /^\d+$/.test(entry));
  return pids
    .filter((pid) => commandName(pid).startsWith(name))
    .map((pid) => read(Number(pid)))
    .filter((entry) => entry !== undefined && entry.state !== 'Z')
    .map((entry) => entry as ProcessInfo)
    .sort((a, b) => a.startTicks - b.startTicks || a.pid - b.pid);
}

async function guardsNamed(name: string): Promise<readonly ProcessInfo[]> {
  const all = await named(basename(process.execPath));
  return all.filter((entry) => isGuardNamed(entry, name));
}

/** The name of the program, not `comm`: HAProxy's threads and titles may change that. */
function commandName(pid: string): string {
  const exe = link(`/proc/${pid}/exe`);
  return exe === '' ? (text(`/proc/${pid}/comm`) ?? '').trim() : basename(withoutDeleted(exe));
}

async function info(pid: number): Promise<ProcessInfo | undefined> {
  return read(pid);
}

function read(pid: number): ProcessInfo | undefined {
  const folder = `/proc/${pid}`;
  const stat = text(`${folder}/stat`);
  const status = text(`${folder}/status`);
  const cmdline = text(`${folder}/cmdline`);
  if (stat === undefined || status === undefined || cmdline === undefined) return undefined;
  const { startTicks, parentPid, state } = parseStat(stat);
  const uptimeMs = Number.parseFloat(text('/proc/uptime') ?? '0') * 1000;
  return {
    pid,
    startTicks,
    parentPid,
    state,
    ...parseOwner(status),
    argv: parseWords(cmdline),
    ageMs: Math.max(0, uptimeMs - (startTicks * 1000) / TICKS_PER_SECOND),
    // Links that only the owner and root may read are empty where they can't be.
    exe: withoutDeleted(link(`${folder}/exe`)),
    cwd: link(`${folder}/cwd`),
    root: link(`${folder}/root`),
    foreign: {
      net: isForeign(folder, 'net'),
      mnt: isForeign(folder, 'mnt'),
      pid: isForeign(folder, 'pid'),
    },
  };
}

function isForeign(folder: string, kind: string): boolean {
  const theirs = link(`${folder}/ns/${kind}`);
  return theirs !== '' && theirs !== link(`/proc/self/ns/${kind}`);
}

/** Undefined when there is no such file, or it may not be read. */
function text(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

function link(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}

function withoutDeleted(path: string): string {
  return path.replace(/ \(deleted\)$/, '');
}

async function isAlive(process: ProcessId): Promise<boolean> {
  const stat = text(`/proc/${process.pid}/stat`);
  if (stat === undefined) return false;
  const { startTicks, state } = parseStat(stat);
  return startTicks === process.startTicks && state !== 'Z' && state !== 'X';
}

async function environment(pid: number): Promise<Readonly<Record<string, string>> | undefined> {
  const words = text(`/proc/${pid}/environ`);
  return words === undefined ? undefined : parseEnvironment(words);
}

async function signal(target: ProcessId, name: NodeJS.Signals): Promise<boolean> {
  if (!(await isAlive(target))) return false;
  try {
    process.kill(target.pid, name);
    return true;
  } catch (error) {
    if (isGone(error)) return false;
    throw error;
  }
}

function isGone(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code;
  return code === 'ENOENT' || code === 'ESRCH';
}
