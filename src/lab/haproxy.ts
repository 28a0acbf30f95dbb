import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { failed } from '../error.js';
import { waitFor } from '../host/node/wait.js';
import type { LabNode } from './node.js';
import { childrenOf, innerPid } from './proc.js';
import { type LabProcess, logTail } from './process.js';
import { askHaproxy } from './stats-socket.js';

/**
 * `daemon`: `-D`. `master-worker`: `-W -D` with a master socket. `foreground` and
 * `foreground-master`: `-db` and `-W -db` under a supervisor that starts it again when it ends,
 * as systemd, runit or a container engine does.
 */
export type HaproxyRunMode = 'daemon' | 'master-worker' | 'foreground' | 'foreground-master';

/** Known before the start: the configuration has to name the stats socket. */
export interface HaproxyPaths {
  readonly config: string;
  readonly pidFile: string;
  readonly statsSocket: string;
  /** Used in the two master-worker modes. */
  readonly masterSocket: string;
}

export interface Haproxy {
  readonly mode: HaproxyRunMode;
  readonly paths: HaproxyPaths;
  /** As it was started. */
  readonly argv: readonly string[];
  /** The supervisor in the foreground modes. */
  readonly supervisor: LabProcess | undefined;
  /** Pid, as the lab counts, of the process that answers on the stats socket. */
  workerPid(): Promise<number | undefined>;
  /** Of the process that one signals: the pid file's, or the supervisor's child. */
  mainPid(): Promise<number | undefined>;
}

export interface HaproxyOptions {
  readonly mode: HaproxyRunMode;
  /** Several in one node need a name each. */
  readonly name?: string;
  readonly binary?: string;
  /** Goes after the arguments that the mode sets. */
  readonly extraArgs?: readonly string[];
  readonly signal?: AbortSignal;
}

const DEFAULT_NAME = 'haproxy';
const ANSWER_TIMEOUT_MS = 5_000;

/**
 * Starts `"$@"` again when it ends. The limit and the pause are the same that systemd has by
 * default against a program that cannot start (RestartSec=100ms), the limit being wider.
 */
const SUPERVISE = 'for ((n = 0; n < 200; n++)); do "$@"; sleep 0.1; done';

export function haproxyPaths(node: LabNode, name = DEFAULT_NAME): HaproxyPaths {
  const dir = join(node.dir, name);
  return {
    config: join(dir, 'haproxy.cfg'),
    pidFile: join(dir, 'haproxy.pid'),
    statsSocket: join(dir, 'stats.sock'),
    masterSocket: join(dir, 'master.sock'),
  };
}

/**
 * Writes the configuration, starts HAProxy in the node, and waits until it answers on its stats
 * socket; it binds before it answers, so then it listens.
 *
 * @throws HitlessError `start-failed` with what HAProxy said
 */
export async function startHaproxy(
  node: LabNode,
  config: string,
  options: HaproxyOptions,
): Promise<Haproxy> {
  const paths = haproxyPaths(node, options.name);
  await mkdir(dirname(paths.config), { recursive: true });
  await writeFile(paths.config, config);
  const argv = haproxyArgv(paths, options);
  await checkConfig(node, argv[0] as string, paths, options);
  const supervisor = isForeground(options.mode)
    ? await supervise(node, argv, options)
    : await daemonise(node, argv, paths, options);
  const haproxy = handle(paths, argv, options.mode, supervisor);
  await awaitAnswer(haproxy, options.signal);
  return haproxy;
}

function haproxyArgv(paths: HaproxyPaths, options: HaproxyOptions): readonly string[] {
  const modeArgs = {
    daemon: ['-D', '-p', paths.pidFile],
    'master-worker': ['-W', '-D', '-p', paths.pidFile, '-S', paths.masterSocket],
    foreground: ['-db'],
    'foreground-master': ['-W', '-db', '-S', paths.masterSocket],
  } satisfies Record<HaproxyRunMode, readonly string[]>;
  const binary = options.binary ?? 'haproxy';
  return [binary, '-f', paths.config, ...modeArgs[options.mode], ...(options.extraArgs ?? [])];
}

function isForeground(mode: HaproxyRunMode): boolean {
  return mode === 'foreground' || mode === 'foreground-master';
}

async function checkConfig(
  node: LabNode,
  binary: string,
  paths: HaproxyPaths,
  { signal }: HaproxyOptions,
): Promise<void> {
  const argv = [binary, '-c', '-f', paths.config];
  const checked = await node.run(argv, signal ? { signal } : {});
  if (checked.code !== 0) throw refusal(paths, checked.stderr.trim() || checked.stdout.trim());
}

async function supervise(
  node: LabNode,
  argv: readonly string[],
  { name = DEFAULT_NAME }: HaproxyOptions,
): Promise<LabProcess> {
  return await node.start(['bash', '-c', SUPERVISE, 'supervisor', ...argv], { name });
}

async function daemonise(
  node: LabNode,
  argv: readonly string[],
  paths: HaproxyPaths,
  { signal }: HaproxyOptions,
): Promise<undefined> {
  const started = await node.run(argv, signal ? { signal } : {});
  if (started.code !== 0) throw refusal(paths, started.stderr.trim());
}

function refusal(paths: HaproxyPaths, said: string): Error {
  return failed('start-failed', `cannot start haproxy: ${said}`, { subject: paths.config });
}

function handle(
  paths: HaproxyPaths,
  argv: readonly string[],
  mode: HaproxyRunMode,
  supervisor: LabProcess | undefined,
): Haproxy {
  const workerPid = async () => {
    const info = await askHaproxy(paths.statsSocket, 'show info');
    const pid = /^Pid: (\d+)$/m.exec(info ?? '')?.[1];
    return pid === undefined ? undefined : Number(pid);
  };
  const mainPid = async () => {
    if (mode === 'daemon' || mode === 'master-worker') {
      return Number.parseInt(await readFile(paths.pidFile, 'utf8'), 10);
    }
    return supervisor === undefined ? undefined : innerPid(childrenOf(supervisor.pid)[0] ?? 0);
  };
  return { mode, paths, argv, supervisor, workerPid, mainPid };
}

async function awaitAnswer(haproxy: Haproxy, signal?: AbortSignal): Promise<void> {
  const { supervisor, paths } = haproxy;
  const options = { timeoutMs: ANSWER_TIMEOUT_MS, ...(signal ? { signal } : {}) };
  if ((await waitFor(async () => await haproxy.workerPid(), options)) !== undefined) return;
  await supervisor?.stop({ signal: 'SIGKILL' });
  throw refusal(paths, logTail(supervisor?.logFile) || `no answer on ${paths.statsSocket}`);
}
