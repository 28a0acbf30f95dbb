import type { Runtimes } from '../haproxy/runtime/runtimes.js';
import type { HealthCheck } from '../host/health.js';
import type { Host } from '../host/host.js';
import { FLIP_TABLE, MAKE_FLIP_TABLE, placeScript } from '../host/nft-flip.js';
import { hasTable, type Ruleset } from '../host/nft-list.js';
import { planFlip } from '../methods/flip.js';
import type { FlipDoor, FlipFacts } from '../methods/flip-facts.js';
import { prepareCommand } from './flip-command.js';
import { prepareHaproxy } from './flip-prepare-haproxy.js';
import { idOf, type Prepared, type Scene } from './flip-prepared.js';
import { DEFAULT_DRAIN_TIMEOUT_MS, type FlipOptions, type HealthSpec } from './flip-request.js';
import { prepareServer } from './flip-server.js';
import { awaitFlipRoom } from './flip-room.js';
import { isUntracked } from './flip-tracking.js';
import { checkScript, readRuleset, refuseForeignRules, refuseRotated } from './nft-facts.js';
import type { Plan } from './plan.js';
import { runPlan, type PlanOptions, type PlanResult } from './run-plan.js';

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
    async (runtimes, stateDir) =>
      await prepareFlip({ host, request, stateDir }, runtimes, options.timeoutMs),
  );
}

async function prepareFlip(
  place: Omit<Scene, 'ruleset'>,
  runtimes: Runtimes,
  timeoutMs: number,
): Promise<Plan> {
  const { host, request } = place;
  const first = await seen(place, runtimes);
  const waited = await awaitFlipRoom(place, first.prepared, timeoutMs);
  const { ruleset, prepared } = waited ? await seen(place, runtimes) : first;
  const facts = factsOf(request, prepared, await isUntracked(host, prepared.serving));
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
  const notes = await notesFor(host, prepared);
  return { ...planOf(facts, planFlip({ drainTimeoutMs }, facts), prepared), notes };
}

interface Seen {
  readonly ruleset: Ruleset;
  readonly prepared: Prepared;
}

async function seen(place: Omit<Scene, 'ruleset'>, runtimes: Runtimes): Promise<Seen> {
  const ruleset = await readRuleset(place.host);
  return { ruleset, prepared: await prepareService({ ...place, ruleset }, runtimes) };
}

/** For how long connection tracking remembers one that has ended (TIME_WAIT), in seconds. */
const REMEMBERED_S = 120;
const MAX_SYSCTL = 'net.netfilter.nf_conntrack_max';

/** What somebody should know who takes a service behind the map for the first time. */
async function notesFor(host: Host, { serving }: Prepared): Promise<readonly string[]> {
  const { leader, direct } = serving;
  if (leader === null || !direct) return [];
  const room = Number(await host.kernel.sysctl(MAX_SYSCTL, leader.pid));
  const rate = Math.floor(room / REMEMBERED_S);
  return [
    `a supervisor of pid ${leader.pid}, if it has one, may start it again when it ends: that one gets no clients while the map leads elsewhere`,
    ...(room > 0
      ? [`connection tracking has room for ${room} connections: about ${rate} new ones a second`]
      : []),
  ];
}

async function prepareService(scene: Scene, runtimes: Runtimes): Promise<Prepared> {
  const { service } = scene.request;
  switch (service.kind) {
    case 'haproxy':
      return await prepareHaproxy(scene, service, runtimes);
    case 'nginx':
    case 'apache':
      return await prepareServer(scene, service);
    case 'command':
      return await prepareCommand(scene, service);
  }
}

async function tryScript(host: Host, ruleset: Ruleset, facts: FlipFacts): Promise<void> {
  // Where the table is, the kernel has taken all that this needs.
  if (hasTable(ruleset, FLIP_TABLE)) return;
  const placements = facts.doors.map((door) => ({ ...door, to: door.standbyPort }));
  await checkScript(host, `${MAKE_FLIP_TABLE}\n${placeScript([], placements, facts.owner)}`);
}

function planOf(
  facts: FlipFacts,
  { handOver, retire }: Pick<Plan, 'handOver' | 'retire'>,
  { serving, unverified, lostState = [] }: Prepared,
): Plan {
  const { leader } = serving;
  const from =
    leader === null
      ? 'nobody serves yet'
      : `pid ${leader.pid} serves${serving.direct ? ' on the public port itself' : ''}: ${leader.argv.join(' ')}`;
  return {
    method: 'flip',
    reasons: ['flip: a second instance; a map of the kernel leads new connections to it', from],
    losses: [],
    unverified,
    lostState,
    notes: [],
    oldPids: leader === null ? [] : [leader.pid],
    starts: ['start'],
    handOver,
    retire,
  };
}

function factsOf(request: FlipOptions, prepared: Prepared, untracked: boolean): FlipFacts {
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
            untracked,
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
