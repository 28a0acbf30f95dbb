import type { Placement } from '../host/nft-flip.js';
import type { AwaitLetGo } from '../steps/await-let-go.js';
import type { Step } from '../steps/registry.js';
import type { PublicNames } from '../steps/public-names.js';
import type {
  ActiveInstance,
  FlipDoor,
  FlipFacts,
  QuiesceFacts,
  StandbyInstance,
} from './flip-facts.js';
import type { MethodSteps } from './method.js';
import { NEW, tellStates, writeStates } from './parts.js';

export interface FlipRequest {
  readonly drainTimeoutMs: number;
}

/** Most handshakes end within a round trip. Nobody should wait longer at the terminal. */
const BARRIER_MS = 3_000;
/** The kernel gives a half-open handshake up after 63 s (net.ipv4.tcp_synack_retries 5). */
const LONG_BARRIER_MS = 65_000;
/** The kernel remembers a connection that this side has reset for 10 s (nf_conntrack_tcp_timeout_close). */
const COMING_AGAIN_MS = 12_000;
const STOP_LIMIT_MS = 600_000;

/**
 * Two instances behind a map of the kernel: the next one is started and proven on a port of its
 * own, then one transaction leads new connections to it. The old one keeps its listeners until
 * all that was directed to it has been accepted, and its clients until they leave. Pure.
 */
export function planFlip({ drainTimeoutMs }: FlipRequest, facts: FlipFacts): MethodSteps {
  const { standby, active } = facts;
  const where = active?.process ?? standby.like;
  const table: Step = {
    kind: 'flip-table',
    id: 'table',
    namespaceOf: where,
    ports: portsOf(facts.doors),
  };
  return {
    handOver: [
      ...(active?.untracked === true ? beginTracking(facts, active, table) : [table]),
      ...(standby.files.length === 0
        ? []
        : [{ kind: 'write-files' as const, id: 'files', files: standby.files }]),
      ...checkSteps(standby),
      ...writeStates(standby.states?.files ?? []),
      startStep(facts, drainTimeoutMs),
      confirmStep(facts, 'confirm'),
      // Before any client is led to it: none can meet a server in maintenance.
      ...tellStates(NEW, standby.states?.sockets ?? [], standby.states?.servers ?? []),
      ...(active !== null && publishes(standby)
        ? [{ kind: 'keep-names' as const, id: 'names', ...publicNames(facts) }]
        : []),
      {
        kind: 'flip-map',
        id: 'flip',
        namespaceOf: where,
        placements: placementsOf(facts),
        owner: facts.owner,
      },
      confirmStep(facts, 'confirm-again'),
      ...(active === null
        ? []
        : [barrierStep(facts, active, { id: 'let-go', timeoutMs: BARRIER_MS })]),
      ...keepReachable(facts),
    ],
    retire: retireSteps(facts, drainTimeoutMs),
  };
}

export const LOOSE_SYSCTL = 'net.netfilter.nf_conntrack_tcp_loose';
const PICK_NOTHING_UP = 'pick-nothing-up';

/**
 * Connection tracking begins with the table, and takes connections up midstream. Of one that is
 * just ending it may see nothing but the last ACK of this side: an entry in ESTABLISHED that has
 * the directions reversed, and stays for 300 s. A SYN from the same port of the client is invalid
 * then and is not translated: once the old instance is gone, it is refused.
 */
function beginTracking(
  { doors }: FlipFacts,
  { process, ports }: ActiveInstance,
  table: Step,
): readonly Step[] {
  return [
    {
      kind: 'set-sysctl',
      id: PICK_NOTHING_UP,
      name: LOOSE_SYSCTL,
      value: '0',
      namespaceOf: process,
    },
    {
      kind: 'forget-flows',
      id: 'forget',
      process,
      ports: [...new Set(doors.map(({ port }) => port))],
      listening: ports,
    },
    table,
    { kind: 'track-handshakes', id: 'handshakes', process, ports },
  ];
}

const CHECK_TIMEOUT_MS = 60_000;

function checkSteps({ checkArgv, cwd, like, environment }: StandbyInstance): readonly Step[] {
  if (checkArgv === null) return [];
  return [
    {
      kind: 'run-command',
      id: 'check',
      argv: checkArgv,
      cwd,
      like,
      environment,
      timeoutMs: CHECK_TIMEOUT_MS,
      hint: 'the old instance serves on; mend the cause and run the command again',
    },
  ];
}

function startStep({ standby, doors }: FlipFacts, drainTimeoutMs: number): Step {
  return {
    kind: 'start-instance',
    id: 'start',
    argv: standby.argv,
    cwd: standby.cwd,
    user: standby.user,
    like: standby.like,
    environment: standby.environment,
    daemonizes: standby.daemonizes,
    logFile: standby.logFile,
    ports: portsOf(doors),
    leaves: standby.leaves,
    token: standby.token,
    stopSignal: standby.stopSignal,
    drainTimeoutMs,
  };
}

function portsOf(doors: readonly FlipDoor[]): readonly number[] {
  const ports = doors.flatMap(({ standbyPort }) => (standbyPort === null ? [] : [standbyPort]));
  return [...new Set(ports)];
}

function confirmStep({ standby, doors }: FlipFacts, id: string): Step {
  const listeners = doors.flatMap(({ family, standbyPort, own }) =>
    standbyPort === null || !own ? [] : [{ family, port: standbyPort }],
  );
  return {
    kind: 'confirm-instance',
    id,
    process: NEW,
    listeners,
    health: standby.health,
    logFile: standby.logFile,
  };
}

function placementsOf({ doors }: FlipFacts): readonly Placement[] {
  return doors.map(({ family, host, port, standbyPort }) => ({
    family,
    host,
    port,
    to: standbyPort,
  }));
}

function barrierStep(
  facts: FlipFacts,
  { process, ports, inodes }: ActiveInstance,
  wait: Pick<AwaitLetGo, 'id' | 'timeoutMs'> & Partial<Pick<AwaitLetGo, 'wholly' | 'after'>>,
): Step {
  return {
    kind: 'await-let-go',
    old: process,
    ports,
    inodes,
    successor: NEW,
    placements: placementsOf(facts),
    wholly: false,
    after: null,
    ...wait,
  };
}

/**
 * A service that listened directly has its stats socket under the name that others know. That name
 * leads to somebody else as soon as a later flip has come to its end, and this one may still drain.
 */
function keepReachable({ active, standby }: FlipFacts): readonly Step[] {
  const sockets = (active?.quiesce?.sockets ?? []).filter((path) => standby.sockets.includes(path));
  return sockets.length === 0 ? [] : [{ kind: 'keep-reachable', id: 'old-link', sockets }];
}

function publishes({ sockets, pidFile }: StandbyInstance): boolean {
  return sockets.length > 0 || pidFile !== null;
}

function publicNames({ doors, standby: { sockets, pidFile } }: FlipFacts): PublicNames {
  return {
    doors: doors.map(({ family, host, port }) => ({ family, host, port })),
    sockets,
    pidFile,
  };
}

function retireSteps(facts: FlipFacts, drainTimeoutMs: number): readonly Step[] {
  const { active, standby } = facts;
  const clear: Step = {
    kind: 'clear-instance',
    id: 'clear',
    old: active?.process ?? null,
    files: active?.files ?? [],
    ...publicNames(facts),
  };
  if (active === null) return publishes(standby) ? [clear] : [];
  const { process, ports, stopSignal } = active;
  // For those whose SYN-ACK or ACK was lost more than once: nobody has to watch this.
  const late = { id: 'let-go-late', timeoutMs: LONG_BARRIER_MS, after: 'let-go' };
  // The last look before nobody listens here any more: a known client may have come again.
  const last = { id: 'let-go-last', timeoutMs: COMING_AGAIN_MS, wholly: true };
  const quiet: Step = {
    kind: 'await-quiet',
    id: 'quiet',
    process,
    ports,
    timeoutMs: drainTimeoutMs,
  };
  return [
    barrierStep(facts, active, late),
    ...(active.quiesce === null
      ? [quiet, barrierStep(facts, active, last)]
      : [barrierStep(facts, active, last), quiesceStep(active.quiesce), quiet]),
    { kind: 'stop-instance', id: 'stop', process, signal: stopSignal, timeoutMs: STOP_LIMIT_MS },
    clear,
    ...(active.untracked ? pickUpAgain(active) : []),
  ];
}

/** Not before the kernel has forgotten the last of them: what it sent for one would be picked up. */
function pickUpAgain({ ports }: ActiveInstance): readonly Step[] {
  return [
    { kind: 'await-no-socket', id: 'no-socket', ports, timeoutMs: LONG_BARRIER_MS },
    {
      kind: 'restore-sysctl',
      id: 'pick-up-again',
      setBy: PICK_NOTHING_UP,
      name: LOOSE_SYSCTL,
      namespaceOf: null,
    },
  ];
}

/** The listening sockets were never passed on: each has to end its listening itself. */
function quiesceStep({ process, sockets, frontends }: QuiesceFacts): Step {
  return { kind: 'quiesce', id: 'quiesce', process, sockets, frontends, pauseFirst: true };
}
