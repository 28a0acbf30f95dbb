import { isAbsolute, join } from 'node:path';
import { refused } from '../error.js';
import type { Config } from '../haproxy/config/resolve.js';
import { maxconnPerProxy } from '../haproxy/arguments.js';
import { areOlder } from '../haproxy/config-files.js';
import { globalsOf } from '../haproxy/config/globals.js';
import { modeOf, optionOf, timeoutOf } from '../haproxy/config/proxy.js';
import {
  peersListeners,
  wantedListeners,
  type WantedListeners,
} from '../haproxy/config-listeners.js';
import type { Instance } from '../haproxy/instance.js';
import type { Listener } from '../haproxy/listeners.js';
import { parseLevel, parseStat, type StatRow } from '../haproxy/runtime/answers.js';
import type { Runtimes } from '../haproxy/runtime/runtimes.js';
import type { Host, ProcessId } from '../host/host.js';
import type {
  Facts,
  FrontendFacts,
  KeptListener,
  ListenerFacts,
  RuntimeFacts,
  StateFacts,
} from '../methods/facts.js';
import { MIGRATE_SYSCTL } from '../methods/parts.js';
import type { Check } from './check-config.js';
import { gatherState, NO_STATE, type StateInput } from './state-facts.js';

export interface Wish {
  /** As the next process will read it. */
  readonly config: Config;
  /** What the files say without the edit that goes with the reload. */
  readonly unedited: Config;
  /** What was changed at run time goes into the files where it can. */
  readonly keepRuntime: boolean;
  /** As the running process has read it, where that is known; asked when the files are newer. */
  readonly former?: () => Promise<Config | undefined>;
}

/** Reads from the machine all that the methods may ask for. */
export async function gatherFacts(
  host: Host,
  runtimes: Runtimes,
  instance: Instance,
  check: Check,
  { config, unedited, keepRuntime, former: known }: Wish,
): Promise<Facts> {
  const { leader, serving } = instance;
  const isMaster = instance.mode === 'master-worker';
  const mode = modeFrom(instance, config);
  const startedMs = host.clock.now() - serving.ageMs;
  const wanted = wantedListeners(config, check.environment);
  // No client comes there, and HAProxy itself hands them on or binds them anew.
  const peers = peersListeners(config, check.environment);
  const isForClients = ({ local }: Listener): boolean => !peers.some((one) => one.local === local);
  const filesAsRead = areOlder(check.files, startedMs);
  const former = filesAsRead ? unedited : ((await known?.()) ?? null);
  // It is the old process that closes idle connections or passes its sockets on.
  const running = former ?? unedited;
  const runtime = await runtimeFacts(runtimes, instance, running, check.cwd);
  const migrate = await host.kernel.sysctl(MIGRATE_SYSCTL, serving.pid);
  return {
    mode,
    supervisor: mode === 'foreground' ? await supervisorOf(host, instance) : null,
    serving: { pid: serving.pid, startTicks: serving.startTicks },
    master: isMaster ? { pid: leader.pid, startTicks: leader.startTicks } : null,
    masterSocket: instance.arguments.masterSocket?.split(',')[0] ?? null,
    program: check.program,
    arguments: instance.arguments,
    configFiles: check.files.map(({ path }) => path),
    cwd: check.cwd,
    user: check.user,
    pidFile: pidFileOf(instance, config, check.cwd),
    runtime: runtime.facts,
    frontends: frontendFacts(running, runtime.frontends),
    listeners: listenerFacts(
      instance.listeners.filter(isForClients),
      wanted,
      runtime.facts.sockets,
    ),
    runningKnown: former !== null,
    migrateRequests: migrate === undefined ? 'absent' : migrate === '1' ? 'on' : 'off',
    holds: null,
    idleTimeoutMs: idleTimeoutMs(running),
    state: await runtime.state(host, {
      config,
      former,
      cwd: check.cwd,
      startedMs,
      perProxy: maxconnPerProxy(instance.arguments),
      keepRuntime,
    }),
  };
}

/** `daemon` in the configuration counts as `-D` does, unless `-db` is there. */
function modeFrom(instance: Instance, config: Config): Facts['mode'] {
  const { mode, arguments: args } = instance;
  if (mode === 'master-worker') return mode;
  const becomesDaemon = args.daemon || globalsOf(config).daemon !== undefined;
  return args.foreground || !becomesDaemon ? 'foreground' : 'daemon';
}

async function supervisorOf(host: Host, { leader }: Instance): Promise<ProcessId | null> {
  const parent = await host.processes.info(leader.parentPid);
  if (parent !== undefined) return { pid: parent.pid, startTicks: parent.startTicks };
  throw refused('target-foreign', `pid ${leader.pid} is the first process of a container`, {
    subject: `pid ${leader.pid}`,
    hint: 'it cannot be replaced while the container runs: start HAProxy there with -W -db',
  });
}

function pidFileOf(instance: Instance, config: Config, cwd: string): string | null {
  const path = instance.arguments.pidFile ?? globalsOf(config).pidfile?.value;
  if (path === undefined) return null;
  return isAbsolute(path) ? path : join(cwd, path);
}

interface RuntimeView {
  readonly facts: RuntimeFacts;
  /** Rows of `show stat` for the frontends of the running process. */
  readonly frontends: readonly StatRow[];
  readonly state: (host: Host, input: StateInput) => Promise<StateFacts>;
}

/** Of who may not change the running process. @param socket where it answers, if anywhere */
export function whyNoCommands(socket: string | undefined): string {
  return socket === undefined ? 'there is no stats socket' : `${socket} has not "level admin"`;
}

/** Where the running process answers, and what it allows there. */
export async function runtimeFacts(
  runtimes: Runtimes,
  { serving, listeners }: Instance,
  config: Config,
  cwd: string,
): Promise<RuntimeView> {
  const listening = new Set(listeners.map(({ local }) => local));
  const configured = globalsOf(config).statsSockets.flatMap((socket) => {
    const { family, path } = socket.address;
    if (path === undefined || family !== 'unix') return [];
    return [{ ...socket, path: isAbsolute(path) ? path : join(cwd, path), kernelName: path }];
  });
  const present = configured.filter(({ kernelName }) => listening.has(kernelName));
  // Admin first: it is the one that every later step will want.
  const ordered = [...present].sort(
    (a, b) => Number(b.level === 'admin') - Number(a.level === 'admin'),
  );
  const sockets = ordered.map(({ path }) => path);
  const passesSocketsAt = ordered.find(({ exposeFdListeners }) => exposeFdListeners)?.path ?? null;
  if (sockets.length === 0) {
    return {
      facts: { sockets, admin: false, passesSocketsAt },
      frontends: [],
      state: async () => NO_STATE,
    };
  }
  const connection = await runtimes.to(serving, sockets).catch((cause: unknown) => {
    throw refused(
      'socket-silent',
      `HAProxy (pid ${serving.pid}) does not answer on ${sockets.join(', ')}`,
      {
        subject: sockets[0] ?? '',
        hint: 'is the process stopped or stuck? "hitless status" shows it',
        cause,
      },
    );
  });
  const level = parseLevel(await connection.ask('show cli level'));
  const frontends = parseStat(await connection.ask('show stat -1 1 -1'));
  const admin = level === undefined ? ordered[0]?.level === 'admin' : level === 'admin';
  const facts = { sockets, admin, passesSocketsAt };
  const state: RuntimeView['state'] = async (host, input) =>
    await gatherState(host, connection, admin, input);
  return { facts, frontends, state };
}

/** Names and modes as the running process has them where it can be asked; options from the files. */
function frontendFacts(
  config: Config,
  running: RuntimeView['frontends'],
): readonly FrontendFacts[] {
  const proxies = config.proxies.filter(({ kind }) => kind !== 'backend');
  const names = running.map(({ pxname, mode }) => ({ name: pxname, mode }));
  const asked = names.length > 0 ? names : proxies.map(({ name }) => ({ name, mode: '' }));
  return asked.map(({ name, mode }) => {
    const proxy = proxies.find((candidate) => candidate.name === name);
    const inFile = proxy === undefined ? 'http' : modeOf(proxy).value;
    const http = (mode === '' ? inFile : mode) === 'http';
    const finishesIdle = proxy !== undefined && optionOf(proxy, 'idle-close-on-response').value;
    const place =
      proxy === undefined ? 'only in the running process' : `${proxy.file}:${proxy.line}`;
    return { name, http, cutsIdleClients: http && !finishesIdle, place };
  });
}

function listenerFacts(
  running: readonly Listener[],
  wanted: WantedListeners,
  runtimeSockets: readonly string[],
): ListenerFacts {
  const matches = (listener: Listener, other: Pick<Listener, 'family' | 'local'>): boolean =>
    listener.family === other.family && listener.local === other.local;
  const proxied = running.filter(({ local }) => !runtimeSockets.includes(local));
  const kept: KeptListener[] = [];
  const unmatched: Listener[] = [];
  for (const listener of proxied) {
    const same = wanted.listeners.find((other) => matches(listener, other));
    if (same !== undefined) kept.push({ ...listener, passable: same.passable });
    else unmatched.push(listener);
  }
  const added = wanted.listeners
    .filter((other) => !proxied.some((listener) => matches(listener, other)))
    .map(({ family, local }) => ({ family, local }));
  return { kept, added, unmatched };
}

/** The longest that HTTP clients may idle: keep-alive, else request, else client time-out. */
function idleTimeoutMs(config: Config): number | null {
  let longest = 0;
  for (const proxy of config.proxies) {
    if (proxy.kind === 'backend' || modeOf(proxy).value !== 'http') continue;
    const timeout =
      timeoutOf(proxy, 'http-keep-alive').value ??
      timeoutOf(proxy, 'http-request').value ??
      timeoutOf(proxy, 'client').value;
    if (timeout === undefined) return null;
    longest = Math.max(longest, timeout);
  }
  return longest;
}
