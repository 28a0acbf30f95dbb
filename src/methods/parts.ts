import { startArgv } from '../haproxy/arguments.js';
import type { ProcessRef } from '../steps/definition.js';
import type { ExpectedListener } from '../steps/confirm-generation.js';
import type { Step } from '../steps/registry.js';
import type { ExpectedLoss } from './method.js';
import type { Facts, StateFacts } from './facts.js';

/** Pieces of plans and judgements that several methods share. Pure. */

export const MIGRATE_SYSCTL = 'net.ipv4.tcp_migrate_req';

/** A final ACK is one round trip away; what takes longer than this has vanished. */
const HANDSHAKE_TIMEOUT_MS = 10_000;

export const NEW: { readonly startedBy: string } = { startedBy: 'start' };

interface StartOptions {
  readonly passSockets: boolean;
  readonly finishOld?: boolean;
  /** Where clients wait meanwhile. */
  readonly startTimeoutMs?: number;
  readonly confirmTimeoutMs?: number;
}

/** Starts the next generation and proves it. `finishOld`: it tells the old one to finish by itself. */
export function startSteps(facts: Facts, how: StartOptions): readonly Step[] {
  const from = how.passSockets ? facts.runtime.passesSocketsAt : null;
  return [
    ...stateBefore(facts),
    {
      kind: 'start-generation',
      id: 'start',
      argv: startArgv(facts.arguments, {
        program: facts.program,
        configFiles: facts.configFiles,
        asDaemon: facts.supervisor !== null,
        ...(from === null ? {} : { takeOverFrom: from }),
        ...(how.finishOld === true ? { finish: [facts.serving.pid] } : {}),
      }),
      like: facts.serving,
      cwd: facts.cwd,
      user: facts.user,
      pidFile: facts.supervisor === null ? facts.pidFile : null,
      // With -x too: what HAProxy does not find among the passed sockets it binds anew.
      rebinds: unixPaths(facts),
      ...(how.startTimeoutMs === undefined ? {} : { timeoutMs: how.startTimeoutMs }),
    },
    // Before it is proven: each moment until then it sends requests to servers in maintenance.
    ...carryStates(facts, NEW),
    {
      kind: 'confirm-generation',
      id: 'confirm',
      process: NEW,
      sockets: facts.runtime.sockets,
      listeners: expectedListeners(facts, how.passSockets),
      ...(how.confirmTimeoutMs === undefined ? {} : { timeoutMs: how.confirmTimeoutMs }),
    },
  ];
}

/** What has to be there before the next process starts: what it reads, and who hands tables on. */
export function stateBefore(facts: Facts): readonly Step[] {
  const { files, tables } = facts.state;
  const { sockets } = facts.runtime;
  const wait: Step = { kind: 'await-peers', id: 'peers', process: facts.serving, sockets };
  return [...(tables.isLearning ? [wait] : []), ...writeStates(files)];
}

/** States that it reads by itself when it starts. */
export function writeStates(files: StateFacts['files']): readonly Step[] {
  return files.length === 0 ? [] : [{ kind: 'write-states', id: 'state-files', files }];
}

/** States that it is told over its runtime socket. */
export function carryStates(facts: Facts, process: ProcessRef, prefix = ''): readonly Step[] {
  const { state, runtime } = facts;
  return runtime.admin ? tellStates(process, runtime.sockets, state.servers, prefix) : [];
}

export function tellStates(
  process: ProcessRef,
  sockets: readonly string[],
  servers: StateFacts['servers'],
  prefix = '',
): readonly Step[] {
  if (servers.length === 0) return [];
  return [{ kind: 'carry-states', id: `${prefix}states`, process, sockets, servers }];
}

function unixPaths(facts: Facts): readonly string[] {
  const kept = facts.listeners.kept.filter(({ family }) => family === 'unix');
  const paths = [...kept.map(({ local }) => local), ...facts.runtime.sockets];
  return [...new Set(paths)].filter((path) => path.startsWith('/'));
}

export function expectedListeners(facts: Facts, passed: boolean): readonly ExpectedListener[] {
  const { kept, added } = facts.listeners;
  return [
    ...kept.map(({ family, local, inode, passable }) => ({
      family,
      local,
      inode: passed && passable ? inode : null,
    })),
    ...added.map(({ family, local }) => ({ family, local, inode: null })),
  ];
}

/** Has the kernel move what waits at a closing socket to the other socket on the same port. */
export function withMigration(
  facts: Facts,
  between: readonly Step[],
  after = NEW,
  prefix = '',
): readonly Step[] {
  const wait: Step = {
    kind: 'await-handshakes',
    id: `${prefix}handshakes`,
    process: after,
    listeners: [...facts.listeners.kept],
    timeoutMs: HANDSHAKE_TIMEOUT_MS,
  };
  if (facts.migrateRequests === 'on') return [...between, wait];
  return [
    {
      kind: 'set-sysctl',
      id: `${prefix}migrate-on`,
      name: MIGRATE_SYSCTL,
      value: '1',
      namespaceOf: facts.serving,
    },
    ...between,
    wait,
    {
      kind: 'restore-sysctl',
      id: `${prefix}migrate-back`,
      setBy: `${prefix}migrate-on`,
      name: MIGRATE_SYSCTL,
      namespaceOf: after,
    },
  ];
}

export function openRuntimeStep(facts: Facts): Step {
  return {
    kind: 'open-runtime',
    id: 'runtime',
    process: facts.serving,
    sockets: facts.runtime.sockets,
  };
}

export function quiesceStep(facts: Facts, pauseFirst: boolean): Step {
  return {
    kind: 'quiesce',
    id: 'quiesce',
    process: facts.serving,
    sockets: facts.runtime.sockets,
    frontends: facts.frontends.map(({ name }) => name),
    pauseFirst,
  };
}

export function drainSteps(facts: Facts, timeoutMs: number): readonly Step[] {
  return drainStepsOf(facts.serving, facts, timeoutMs);
}

export function drainStepsOf(
  process: ProcessRef,
  facts: Facts,
  timeoutMs: number,
  prefix = '',
): readonly [Step, Step] {
  const { kept, unmatched } = facts.listeners;
  return [
    {
      kind: 'await-drained',
      id: `${prefix}drained`,
      process,
      listeners: [...kept, ...unmatched].map(({ family, local }) => ({ family, local })),
      timeoutMs,
    },
    {
      kind: 'soft-stop',
      id: `${prefix}stop`,
      process,
      listenerInodes: listenerInodes(facts),
    },
  ];
}

export function softStopStep(facts: Facts): Step {
  return {
    kind: 'soft-stop',
    id: 'stop',
    process: facts.serving,
    listenerInodes: listenerInodes(facts),
  };
}

/** For a master's worker, or with -sf: somebody else tells it to finish. */
export function awaitStoppingStep(facts: Facts): Step {
  return {
    kind: 'await-stopping',
    id: 'stopping',
    process: facts.serving,
    listenerInodes: listenerInodes(facts),
  };
}

function listenerInodes({ listeners }: Facts): readonly number[] {
  return [...listeners.kept, ...listeners.unmatched].map(({ inode }) => inode);
}

/** What a soft stop cuts: kept-alive clients between two requests. */
export function idleClientLosses(facts: Facts): readonly ExpectedLoss[] {
  const cutting = facts.frontends.filter(({ cutsIdleClients }) => cutsIdleClients);
  if (cutting.length === 0) return [];
  const names = cutting.map(({ name, place }) => `${name} (${place})`).join(', ');
  return [
    {
      what: `requests of keep-alive clients at ${names}`,
      because:
        'a stopping HAProxy closes idle connections at once, and a request may be on its way on one',
      remedy:
        facts.mode === 'master-worker'
          ? 'set "option idle-close-on-response" in these frontends or their defaults; it counts from the reload after the next'
          : 'use --method quiesce, or set "option idle-close-on-response" in these frontends',
    },
  ];
}

/** Sockets that `-x` does not hand over, and that the kernel cannot cover either. */
export function unpassedLosses(facts: Facts): readonly ExpectedLoss[] {
  const unpassed = unpassedListeners(facts);
  if (unpassed.length === 0 || facts.migrateRequests !== 'absent') return [];
  return [
    {
      what: `connections that wait in the queue of ${unpassed.join(', ')}`,
      because:
        'HAProxy does not pass the socket of a specific IPv6 address on, and this kernel cannot move its queue',
      remedy: 'add "v6only" to the bind, or run Linux 5.14 or newer',
    },
  ];
}

export function unpassedListeners(facts: Facts): readonly string[] {
  return facts.listeners.kept.filter(({ passable }) => !passable).map(({ local }) => local);
}

/** A unix socket that is bound anew: what waits in the queue of the old one is closed with it. */
export function unixQueueLosses(facts: Facts, because: string): readonly ExpectedLoss[] {
  const paths = facts.listeners.kept.filter(({ family }) => family === 'unix');
  if (paths.length === 0) return [];
  return [
    {
      what: `connections that wait in the queue of ${paths.map(({ local }) => local).join(', ')}`,
      because,
      remedy: 'use --method fd-pass or quiesce',
    },
  ];
}
