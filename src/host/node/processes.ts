import { readFile, readdir, readlink } from 'node:fs/promises';
import { basename } from 'node:path';
import { parseEnvironment, parseOwner, parseStat, parseWords } from '../proc.js';
import type { ProcessId, ProcessInfo, Processes } from '../host.js';

/** USER_HZ: 100 on every Linux that runs Node. */
const TICKS_PER_SECOND = 100;

export const processes: Processes = { named, info, isAlive, environment, signal };

async function named(name: string): Promise<readonly ProcessInfo[]> {
  const pids = (await readdir('/proc')).filter((entry) => /^\d+$/.test(entry));
  const matching = await Promise.all(
    pids.map(async (pid) => ((await commandName(pid))?.startsWith(name) === true ? await info(Number(pid)) : undefined)),
  );
  return matching
    .filter((entry) => entry !== undefined && entry.state !== 'Z')
    .map((entry) => entry as ProcessInfo)
    .sort((a, b) => a.startTicks - b.startTicks || a.pid - b.pid);
}

/** The name of the program, not `comm`: HAProxy's threads and titles may change that. */
async function commandName(pid: string): Promise<string | undefined> {
  const exe = await readlink(`/proc/${pid}/exe`).catch(() => undefined);
  if (exe !== undefined) return basename(withoutDeleted(exe));
  return (await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => ''))?.trim();
}

async function info(pid: number): Promise<ProcessInfo | undefined> {
  const folder = `/proc/${pid}`;
  try {
    const [stat, status, cmdline, uptime] = await Promise.all([
      readFile(`${folder}/stat`, 'utf8'),
      readFile(`${folder}/status`, 'utf8'),
      readFile(`${folder}/cmdline`, 'utf8'),
      readFile('/proc/uptime', 'utf8'),
    ]);
    const { startTicks, parentPid, state } = parseStat(stat);
    return {
      pid,
      startTicks,
      parentPid,
      state,
      ...parseOwner(status),
      argv: parseWords(cmdline),
      ageMs: Math.max(0, Number.parseFloat(uptime) * 1000 - (startTicks * 1000) / TICKS_PER_SECOND),
      ...(await links(folder)),
    };
  } catch (error) {
    if (isGone(error)) return undefined;
    throw error;
  }
}

/** Links that only the owner and root may read: empty where they can't be. */
async function links(
  folder: string,
): Promise<Pick<ProcessInfo, 'exe' | 'cwd' | 'root' | 'foreign'>> {
  const [exe, cwd, root, net, mnt, pid] = await Promise.all([
    link(`${folder}/exe`),
    link(`${folder}/cwd`),
    link(`${folder}/root`),
    isForeign(folder, 'net'),
    isForeign(folder, 'mnt'),
    isForeign(folder, 'pid'),
  ]);
  return { exe: withoutDeleted(exe), cwd, root, foreign: { net, mnt, pid } };
}

async function isForeign(folder: string, kind: string): Promise<boolean> {
  const theirs = await link(`${folder}/ns/${kind}`);
  return theirs !== '' && theirs !== (await link(`/proc/self/ns/${kind}`));
}

async function link(path: string): Promise<string> {
  return await readlink(path).catch(() => '');
}

function withoutDeleted(path: string): string {
  return path.replace(/ \(deleted\)$/, '');
}

async function isAlive(process: ProcessId): Promise<boolean> {
  const text = await readFile(`/proc/${process.pid}/stat`, 'utf8').catch(() => undefined);
  if (text === undefined) return false;
  const { startTicks, state } = parseStat(text);
  return startTicks === process.startTicks && state !== 'Z' && state !== 'X';
}

async function environment(pid: number): Promise<Readonly<Record<string, string>> | undefined> {
  const text = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => undefined);
  return text === undefined ? undefined : parseEnvironment(text);
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
