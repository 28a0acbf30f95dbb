import { usage } from '../error.js';
import { readConfigFiles } from '../haproxy/config-files.js';
import { globalsOf } from '../haproxy/config/globals.js';
import { resolve } from '../haproxy/config/resolve.js';
import { findInstance } from '../haproxy/instance.js';
import { parseArguments } from '../haproxy/arguments.js';
import type { Runtimes } from '../haproxy/runtime/runtimes.js';
import type { Host, ProcessId, ProcessInfo } from '../host/host.js';
import { FLIP_TABLE, placeScript, type Door } from '../host/nft-flip.js';
import { hasTable, type Ruleset } from '../host/nft-list.js';
import {
  planFlip,
  type ActiveInstance,
  type FlipDoor,
  type FlipFacts,
  type StandbyInstance,
} from '../methods/flip.js';
import type { ExpectedLoss } from '../methods/method.js';
import type { HealthCheck } from '../host/health.js';
import type { Check } from './check-config.js';
import { doorsOf, ownerText, userOf, withPorts } from './flip-command.js';
import { servingAt, type Serving } from './flip-doors.js';
import {
  argumentsOf,
  doorsIn,
  environmentOf,
  filesOfActive,
  quiesceOf,
  refuseOthers,
  standbyOf,
  withoutSuffix,
  type OwnedDoor,
} from './flip-haproxy.js';
import {
  DEFAULT_DRAIN_TIMEOUT_MS,
  type FlipOptions,
  type FlipService,
  type HealthSpec,
} from './flip-request.js';
import { checkScript, readRuleset, refuseForeignRules, refuseRotated } from './nft-facts.js';
import type { Plan } from './plan.js';
import { runPlan, type PlanOptions, type PlanResult } from './run-plan.js';
import { freePorts } from './standby-ports.js';

/**
 * Starts a second instance of a service beside the first and leads new connections to it.
 *
 * @throws HitlessError with the exit code that says how things stand
 */
export async function flip(
  host: Host,
  request: FlipOptions,
  options: PlanOptions,
): Promise<PlanResult> {
  return await runPlan(
    host,
    options,
    async (runtimes, stateDir) => await prepareFlip(host, runtimes, request, stateDir),
  );
}

/** What the two kinds of service have found out by themselves. */
interface Prepared {
  readonly owner: string;
  readonly doors: readonly OwnedDoor[];
  readonly serving: Serving;
  readonly ports: ReadonlyMap<number, number>;
  readonly standby: Omit<StandbyInstance, 'health'>;
  readonly active: Pick<ActiveInstance, 'stopSignal' | 'files' | 'quiesce'>;
  readonly losses: readonly ExpectedLoss[];
}

async function prepareFlip(
  host: Host,
  runtimes: Runtimes,
  request: FlipOptions,
  stateDir: string | null,
): Promise<Plan> {
  const ruleset = await readRuleset(host);
  const prepared =
    request.service.kind === 'haproxy'
      ? await prepareHaproxy(host, runtimes, request, request.service, ruleset, stateDir)
      : await prepareCommand(host, request, request.service, ruleset, stateDir);
  const facts = factsOf(request, prepared);
  const { doors, ports } = prepared;
  refuseRotated(
    ruleset,
    doors.map(({ port }) => port),
  );
  refuseForeignRules(
    ruleset,
    doors.map(({ port }) => port),
    [...ports.values()],
  );
  await tryScript(host, ruleset, facts);
  const drainTimeoutMs = request.drainTimeoutMs ?? DEFAULT_DRAIN_TIMEOUT_MS;
  return planOf(facts, planFlip({ drainTimeoutMs }, facts), prepared);
}

async function tryScript(host: Host, ruleset: Ruleset, facts: FlipFacts): Promise<void> {
  // Where the table is, the kernel has taken all that this needs.
  if (hasTable(ruleset, FLIP_TABLE)) return;
  const placements = facts.doors.map((door) => ({ ...door, to: door.standbyPort }));
  await checkScript(host, placeScript(undefined, placements, facts.owner));
}

function planOf(
  facts: FlipFacts,
  { handOver, retire }: Pick<Plan, 'handOver' | 'retire'>,
  { serving, losses }: Prepared,
): Plan {
  const { leader } = serving;
  const from =
    leader === null
      ? 'nobody serves yet'
      : `pid ${leader.pid} serves${serving.direct ? ' on the public port itself' : ''}: ${leader.argv.join(' ')}`;
  return {
    method: 'flip',
    reasons: ['flip: a second instance; a map of the kernel leads new connections to it', from],
    losses,
    unverified: null,
    notes: [],
    oldPids: leader === null ? [] : [leader.pid],
    starts: ['start'],
    handOver,
    retire,
  };
}

function factsOf(request: FlipOptions, prepared: Prepared): FlipFacts {
  const { owner, serving, ports, standby, active } = prepared;
  const doors: readonly FlipDoor[] = [
    ...prepared.doors.map((door) => ({ ...door, standbyPort: ports.get(door.port) ?? null })),
    ...serving.others.map((door) => ({ ...door, own: false, standbyPort: null })),
  ];
  return {
    owner,
    doors,
    active:
      serving.leader === null
        ? null
        : {
            ...active,
            process: idOf(serving.leader),
            ports: serving.ports,
            inodes: serving.inodes,
            direct: serving.direct,
            ...(request.stopSignal === undefined ? {} : { stopSignal: request.stopSignal }),
          },
    standby: { ...standby, health: healthOf(request.health, doors, ports) },
  };
}

/** Without a wish of the user a connection to each port has to open. */
function healthOf(
  specs: readonly HealthSpec[],
  doors: readonly FlipDoor[],
  ports: ReadonlyMap<number, number>,
): readonly HealthCheck[] {
  const places = doors.flatMap(({ family, host, own, standbyPort }) =>
    standbyPort === null || !own
      ? []
      : [{ host: host ?? (family === 'ipv4' ? '127.0.0.1' : '::1'), port: standbyPort }],
  );
  const [first] = places;
  return (specs.length === 0 ? [{ kind: 'tcp' } as const] : specs).flatMap(
    (spec): readonly HealthCheck[] => {
      switch (spec.kind) {
        case 'tcp':
          return places.map((place) => ({ kind: 'connect', ...place }));
        case 'http':
          return first === undefined ? [] : [{ kind: 'http', ...first, path: spec.path }];
        case 'command':
          return [{ kind: 'command', argv: filled(spec.argv, ports) }];
      }
    },
  );
}

function filled(argv: readonly string[], ports: ReadonlyMap<number, number>): readonly string[] {
  const [only] = ports.values();
  return argv.map((word) =>
    word.replaceAll(/\{port(?::(\d+))?\}/g, (text, named: string | undefined) =>
      String((named === undefined ? only : ports.get(Number(named))) ?? text),
    ),
  );
}

async function prepareCommand(
  host: Host,
  request: FlipOptions,
  service: Extract<FlipService, { kind: 'command' }>,
  ruleset: Ruleset,
  stateDir: string | null,
): Promise<Prepared> {
  const doors = doorsOf(service.doors);
  const serving = await servingAt(host, host.self.pid, ruleset, doors);
  const publicPorts = [...new Set(doors.map(({ port }) => port))];
  const ports = await freePorts(host, host.self.pid, ruleset, publicPorts, request.ports);
  const stopSignal = request.stopSignal ?? 'SIGTERM';
  const [port = 0] = ports.values();
  return {
    owner: ownerText(service),
    doors: await owned(host, doors, serving),
    serving,
    ports,
    losses: [],
    active: { stopSignal, files: [...logOf(stateDir, serving.ports)], quiesce: null },
    standby: {
      argv: withPorts(service.argv, ports),
      cwd: service.cwd,
      user: await userOf(host),
      like: null,
      daemonizes: false,
      logFile: stateDir === null ? null : logFileOf(stateDir, port),
      files: [],
      leaves: [],
      token: null,
      stopSignal,
      links: [],
      pidFile: null,
    },
  };
}

function logFileOf(stateDir: string, port: number): string {
  return `${stateDir}/instance-${port}.log`;
}

function logOf(stateDir: string | null, ports: readonly number[]): readonly string[] {
  return stateDir === null ? [] : ports.map((port) => logFileOf(stateDir, port));
}

/** The next instance has to take at least those families that the running one takes. */
async function owned(
  host: Host,
  doors: readonly Door[],
  { inodes }: Serving,
): Promise<readonly OwnedDoor[]> {
  const listening = (await host.sockets.listeners(host.self.pid)).filter(({ inode }) =>
    inodes.includes(inode),
  );
  const families = new Set(listening.map(({ family }) => family));
  if (families.size === 0) families.add('ipv4');
  return doors.map((door) => ({ ...door, own: door.host !== null || families.has(door.family) }));
}

async function prepareHaproxy(
  host: Host,
  runtimes: Runtimes,
  request: FlipOptions,
  service: Extract<FlipService, { kind: 'haproxy' }>,
  ruleset: Ruleset,
  stateDir: string | null,
): Promise<Prepared> {
  const { names, cwd } = await configOf(host, service);
  const files = await readConfigFiles(host, names, cwd);
  const doors = doorsIn(files, await environmentOf(host, null));
  if (doors.length === 0) throw usage(`${names.join(', ')} listens on no TCP port`);
  const serving = await servingAt(host, host.self.pid, ruleset, doors);
  refuseOthers(serving.leader, doors);
  const publicPorts = [...new Set(doors.map(({ port }) => port))];
  const ports = await freePorts(host, host.self.pid, ruleset, publicPorts, request.ports);
  const { leader } = serving;
  const check: Check = {
    arguments: argumentsOf(leader),
    program: leader?.exe ?? 'haproxy',
    files,
    cwd: leader?.cwd ?? cwd,
    environment: await environmentOf(host, leader),
    namespacesOf: (leader ?? host.self).pid,
    user: await startUser(host, leader, files),
    stateDir,
  };
  const { check: validate, ...made } = standbyOf(host, check, ports);
  await validate();
  return {
    owner: `haproxy ${names.join(' ')}`,
    doors,
    serving,
    ports,
    losses: [],
    active: {
      stopSignal: 'SIGUSR1',
      files: await filesOfActive(host, leader),
      quiesce: await quiesceOf(host, runtimes, serving),
    },
    standby: {
      ...made,
      cwd: check.cwd,
      user: check.user,
      like: leader === null ? null : idOf(leader),
      daemonizes: true,
      logFile: null,
      stopSignal: 'SIGUSR1',
    },
  };
}

/** The files named, else the user's own files of the HAProxy that runs. */
async function configOf(
  host: Host,
  { configFiles }: Extract<FlipService, { kind: 'haproxy' }>,
): Promise<{ readonly names: readonly string[]; readonly cwd: string }> {
  if (configFiles !== null) return { names: configFiles, cwd: '/' };
  const { leader } = await findInstance(host, {});
  const names = parseArguments(leader.argv).configFiles.map(withoutSuffix);
  return { names, cwd: leader.cwd };
}

/** A process that dropped its privileges by `user` or `uid` was started as root. */
async function startUser(
  host: Host,
  leader: ProcessInfo | null,
  files: Check['files'],
): Promise<{ readonly uid: number; readonly gid: number }> {
  if (leader === null) return await userOf(host);
  const globals = globalsOf(resolve(files.map(({ document }) => document)));
  const dropped = leader.uid !== 0 && (globals.user ?? globals.uid) !== undefined;
  return dropped ? { uid: 0, gid: 0 } : { uid: leader.uid, gid: leader.gid };
}

function idOf({ pid, startTicks }: ProcessInfo): ProcessId {
  return { pid, startTicks };
}
