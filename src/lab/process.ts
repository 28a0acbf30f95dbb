import { type ChildProcess, spawn, type StdioOptions } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { failed } from '../error.js';
import { waitFor } from '../host/node/wait.js';
import { type Environment, withSystemPath } from './environment.js';
import { childrenOf, innerPid, sendSignal } from './proc.js';

/** How a process ended: its exit code, or the signal that ended it. */
export interface Exit {
  readonly code: number | null;
  readonly killedBy: NodeJS.Signals | null;
}

/** A running process of a lab. It ends with the lab at the latest. */
export interface LabProcess {
  readonly name: string;
  /** As the host counts. */
  readonly pid: number;
  /** As the lab counts. */
  readonly pidInLab: number;
  /** Where stdout and stderr go; undefined with pipes. */
  readonly logFile: string | undefined;
  readonly stdin: Writable | null;
  readonly stdout: Readable | null;
  readonly stderr: Readable | null;
  readonly exited: Promise<Exit>;
  /** False when it had ended already. */
  kill(signal: NodeJS.Signals): boolean;
  /** Sends the signal (SIGTERM), and SIGKILL when that has not ended it in time. */
  stop(options?: StopOptions): Promise<Exit>;
}

export interface StopOptions {
  readonly signal?: NodeJS.Signals;
  readonly timeoutMs?: number;
}

export interface SpawnRequest {
  readonly name: string;
  /** The whole command line, the entry into the lab included. */
  readonly argv: readonly string[];
  /** Receives stdout and stderr; pipes when absent. */
  readonly logFile?: string;
  readonly env?: Environment;
}

const START_TIMEOUT_MS = 5_000;
const STOP_TIMEOUT_MS = 5_000;

/**
 * Starts a long-lived process.
 *
 * @throws HitlessError `start-failed` when it cannot be started or ended before it was seen
 */
export async function startProcess(request: SpawnRequest): Promise<LabProcess> {
  const child = spawnInOwnSession(request);
  let failure: Error | undefined;
  let sent: NodeJS.Signals | undefined;
  const exited = new Promise<Exit>((resolve) => {
    child.once('error', (error) => {
      failure = error;
      resolve({ code: null, killedBy: null });
    });
    child.once('exit', (code, killedBy) => resolve(exitOf(code, killedBy, sent)));
  });
  const ended = () => failure !== undefined || child.exitCode !== null || child.signalCode !== null;
  const ids = await waitFor(() => idsOf(child) ?? (ended() ? null : undefined), {
    timeoutMs: START_TIMEOUT_MS,
    intervalMs: 1,
  });
  if (ids === undefined || ids === null) {
    child.kill('SIGKILL');
    throw notStarted(request, failure, await exited);
  }
  const kill = (signal: NodeJS.Signals) => {
    sent = signal;
    return !ended() && sendSignal(ids.pid, signal);
  };
  const { name, logFile } = request;
  const { stdin, stdout, stderr } = child;
  const stop = (options: StopOptions = {}) => stopProcess(name, kill, ended, exited, options);
  return { name, ...ids, logFile, stdin, stdout, stderr, exited, kill, stop };
}

/** The end of a log, for an error message. */
export function logTail(logFile: string | undefined, lines = 20): string {
  if (logFile === undefined) return '';
  try {
    return readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-lines).join('\n');
  } catch {
    return '';
  }
}

function spawnInOwnSession({ argv, logFile, env }: SpawnRequest): ChildProcess {
  const log = logFile === undefined ? undefined : openLog(logFile);
  const stdio: StdioOptions = log === undefined ? ['pipe', 'pipe', 'pipe'] : ['ignore', log, log];
  try {
    // Detached, or Ctrl-C in a terminal would end the proxy before its lab is closed.
    return spawn(argv[0] as string, argv.slice(1), {
      env: withSystemPath(env),
      detached: true,
      stdio,
    });
  } finally {
    if (log !== undefined) closeSync(log);
  }
}

function openLog(path: string): number {
  mkdirSync(dirname(path), { recursive: true });
  return openSync(path, 'a');
}

/** The process itself is the only child of the `unshare` that put it into the lab. */
function idsOf(child: ChildProcess): { pid: number; pidInLab: number } | undefined {
  const pid = child.pid === undefined ? undefined : childrenOf(child.pid)[0];
  const pidInLab = pid === undefined ? undefined : innerPid(pid);
  return pid === undefined || pidInLab === undefined ? undefined : { pid, pidInLab };
}

/** unshare of util-linux 2.38 ends with code 1 when its child was killed by SIGKILL. */
function exitOf(code: number | null, killedBy: NodeJS.Signals | null, sent?: NodeJS.Signals): Exit {
  return sent === 'SIGKILL' && code === 1 ? { code: null, killedBy: sent } : { code, killedBy };
}

function notStarted(request: SpawnRequest, failure: Error | undefined, exit: Exit): Error {
  const how = failure?.message ?? `ended at once (${exit.killedBy ?? exit.code})`;
  return failed('start-failed', `${request.name}: ${how}\n${logTail(request.logFile)}`.trimEnd(), {
    subject: request.name,
  });
}

async function stopProcess(
  name: string,
  kill: (signal: NodeJS.Signals) => boolean,
  ended: () => boolean,
  exited: Promise<Exit>,
  options: StopOptions,
): Promise<Exit> {
  const timeoutMs = options.timeoutMs ?? STOP_TIMEOUT_MS;
  for (const signal of [options.signal ?? 'SIGTERM', 'SIGKILL'] as const) {
    kill(signal);
    if (await waitFor(() => ended() || undefined, { timeoutMs, intervalMs: 1 }))
      return await exited;
  }
  throw failed('lab-failed', `${name} does not end`, { subject: name });
}
