import { isAbsolute, join } from 'node:path';
import { refused } from '../error.js';
import type { Host, ProcessInfo } from '../host/host.js';
import { parseArguments, type Arguments } from './arguments.js';
import { listenersOf, type Listener } from './listeners.js';
import { parseShowProc } from './runtime/answers.js';

/** Which running HAProxy is meant. At most one field is set; none: the only one there is. */
export interface Target {
  readonly pid?: number;
  readonly pidFile?: string;
  readonly masterSocket?: string;
}

/** A running HAProxy: one configuration, one or more generations. */
export interface Instance {
  readonly mode: 'daemon' | 'master-worker' | 'foreground';
  /** The master, or the process itself. */
  readonly leader: ProcessInfo;
  /** The process that takes new connections. */
  readonly serving: ProcessInfo;
  /** Earlier generations that have not ended yet, oldest first. */
  readonly draining: readonly ProcessInfo[];
  readonly arguments: Arguments;
  readonly listeners: readonly Listener[];
}

/** Programs that count as HAProxy: `haproxy`, `haproxy-2.8`, ... */
const PROGRAM = 'haproxy';

/**
 * @throws HitlessError `target-not-found`, `target-ambiguous`, `target-foreign`, `target-gone`,
 *   `permission`
 */
export async function findInstance(host: Host, target: Target): Promise<Instance> {
  const all = await host.processes.named(PROGRAM);
  const named = await namedProcess(host, target, all);
  const leader = named === undefined ? await onlyLeader(host, all) : leaderOf(named, all);
  return await describeInstance(host, leader, all);
}

/** Every running HAProxy on this host. */
export async function findInstances(host: Host): Promise<readonly Instance[]> {
  const all = await host.processes.named(PROGRAM);
  const leaders = await currentLeaders(host, all);
  return await Promise.all(
    leaders.map(async (leader) => await describeInstance(host, leader, all)),
  );
}

async function namedProcess(
  host: Host,
  target: Target,
  all: readonly ProcessInfo[],
): Promise<ProcessInfo | undefined> {
  if (target.pid !== undefined) return await processWithPid(host, target.pid, all, '--pid');
  if (target.pidFile !== undefined) {
    const pid = await pidFromFile(host, target.pidFile);
    return await processWithPid(host, pid, all, target.pidFile);
  }
  if (target.masterSocket !== undefined) {
    const pid = await pidFromMaster(host, target.masterSocket);
    return await processWithPid(host, pid, all, target.masterSocket);
  }
  return undefined;
}

async function processWithPid(
  host: Host,
  pid: number,
  all: readonly ProcessInfo[],
  source: string,
): Promise<ProcessInfo> {
  const found = all.find((process) => process.pid === pid);
  if (found !== undefined) return found;
  const other = await host.processes.info(pid);
  if (other === undefined) {
    throw refused('target-gone', `${source} names pid ${pid}, and there is no such process`, {
      subject: source,
      hint: 'is HAProxy running? "hitless status" lists what is',
    });
  }
  const name = other.argv[0] ?? other.exe;
  throw refused('target-foreign', `${source} names pid ${pid}, which is ${name} and not HAProxy`, {
    subject: source,
    hint: 'the file may be left over from before; "hitless status" lists what is running',
  });
}

async function pidFromFile(host: Host, path: string): Promise<number> {
  const text = (await host.files.read(path))?.toString('latin1');
  if (text === undefined) {
    throw refused('target-not-found', `there is no pid file ${path}`, {
      subject: path,
      hint: 'name the process with --pid, or the pid file that HAProxy was started with (-p)',
    });
  }
  const pid = /^\s*(\d+)/.exec(text)?.[1];
  if (pid === undefined) {
    throw refused('target-not-found', `${path} holds no pid`, {
      subject: path,
      hint: 'name the process with --pid, or the pid file that HAProxy was started with (-p)',
    });
  }
  return Number(pid);
}

const MASTER_TIMEOUT_MS = 2_000;

async function pidFromMaster(host: Host, path: string): Promise<number> {
  const connection = await host.sockets.connect(path, MASTER_TIMEOUT_MS).catch((cause: unknown) => {
    throw refused('socket-silent', `no master answers on ${path}`, {
      subject: path,
      hint: 'is it the socket that HAProxy was started with (-S)? "hitless status" lists what runs',
      cause,
    });
  });
  try {
    const { processes } = parseShowProc(await connection.ask('show proc'));
    const master = processes.find(({ kind }) => kind === 'master');
    if (master !== undefined) return master.pid;
    throw refused('target-foreign', `${path} is not the socket of an HAProxy master`, {
      subject: path,
      hint: 'a stats socket names no master: use --pid or --pid-file',
    });
  } finally {
    connection.close();
  }
}

/** A worker's master; a process without one leads itself. */
function leaderOf(process: ProcessInfo, all: readonly ProcessInfo[]): ProcessInfo {
  return all.find(({ pid }) => pid === process.parentPid) ?? process;
}

async function onlyLeader(host: Host, all: readonly ProcessInfo[]): Promise<ProcessInfo> {
  const leaders = await currentLeaders(host, all);
  const [leader] = leaders;
  if (leader === undefined) {
    throw refused('target-not-found', 'no running HAProxy was found', {
      hint: 'start it first; if it runs under another name or in a container, name it with --pid',
    });
  }
  if (leaders.length > 1) {
    const list = leaders.map(({ pid, argv }) => `  ${pid}  ${argv.join(' ')}`).join('\n');
    throw refused('target-ambiguous', `${leaders.length} HAProxys are running:\n${list}`, {
      hint: 'say which one with --pid, --pid-file or --master-socket',
    });
  }
  return leader;
}

/** One process for each HAProxy: the newest of those that share a configuration and listen. */
async function currentLeaders(
  host: Host,
  all: readonly ProcessInfo[],
): Promise<readonly ProcessInfo[]> {
  const pids = new Set(all.map(({ pid }) => pid));
  const leaders = all.filter(({ parentPid }) => !pids.has(parentPid));
  const families = new Map<string, ProcessInfo[]>();
  for (const leader of leaders) {
    const family = families.get(familyOf(leader));
    if (family === undefined) families.set(familyOf(leader), [leader]);
    else family.push(leader);
  }
  const current = await Promise.all(
    [...families.values()].map(async (family) => await newestListening(host, family, all)),
  );
  return current.filter((leader) => leader !== undefined);
}

/** Generations of one HAProxy have the same files in the same network namespace. */
function familyOf(process: ProcessInfo): string {
  const { configFiles } = parseArguments(process.argv);
  const paths = configFiles.map((file) => (isAbsolute(file) ? file : join(process.cwd, file)));
  return JSON.stringify([process.foreign.net ? process.pid : 0, paths]);
}

async function newestListening(
  host: Host,
  family: readonly ProcessInfo[],
  all: readonly ProcessInfo[],
): Promise<ProcessInfo | undefined> {
  for (const leader of [...family].reverse()) {
    if (await isClosed(host, leader)) return leader;
    const processes = [leader, ...childrenOf(leader, all)];
    for (const process of processes) {
      if ((await listenersOf(host, process)).length > 0) return leader;
    }
  }
  return undefined;
}

/**
 * Who may not look into a process sees no listener of it; that it is there counts all the same.
 * One that is just ending shows no program either, and by then no arguments.
 */
async function isClosed(host: Host, process: ProcessInfo): Promise<boolean> {
  if (process.exe !== '') return false;
  const now = await host.processes.info(process.pid);
  return now?.exe === '' && now.argv.length > 0;
}

function childrenOf(leader: ProcessInfo, all: readonly ProcessInfo[]): readonly ProcessInfo[] {
  return all.filter(({ parentPid }) => parentPid === leader.pid);
}

async function describeInstance(
  host: Host,
  leader: ProcessInfo,
  all: readonly ProcessInfo[],
): Promise<Instance> {
  const args = parseArguments(leader.argv);
  const workers = childrenOf(leader, all);
  const isMaster = workers.length > 0;
  const generations = isMaster
    ? workers
    : all.filter((other) => familyOf(other) === familyOf(leader));
  const serving = isMaster ? (workers.at(-1) ?? leader) : leader;
  return {
    mode: isMaster ? 'master-worker' : staysInForeground(leader, args) ? 'foreground' : 'daemon',
    leader,
    serving,
    draining: generations.filter(({ pid }) => pid !== serving.pid),
    arguments: args,
    listeners: await listenersOf(host, serving),
  };
}

/** A daemon calls setsid() and its starter ends; both show in its parent. */
function staysInForeground(process: ProcessInfo, args: Arguments): boolean {
  return args.foreground || (!args.daemon && process.parentPid > 1);
}
