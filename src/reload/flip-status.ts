import { portOf } from '../host/endpoint.js';
import { inodesOfFamily, leadersOf } from '../host/family.js';
import type { Host, ProcessInfo, Socket } from '../host/host.js';
import { listTableArgv } from '../host/nft.js';
import { doorOf, FLIP_TABLE, type Door } from '../host/nft-flip.js';
import { parseRuleset, portElements, type MapElement } from '../host/nft-list.js';
import { serves } from './flip-doors.js';
import { flippedAway, sharesDoor, type FlippedAway } from './flipped-away.js';
import { clientOf, isHalted, type ClientConnection } from './generations.js';
import { retiringRun, type OpenRun, type RetiringRun } from './retiring-runs.js';

/** One service behind the map of `hitless flip`, as the kernel and the journals have it. */
export interface FlipStatus {
  /** As it stands beside the elements of the map: `haproxy /etc/haproxy/haproxy.cfg`. */
  readonly owner: string;
  readonly doors: readonly FlipDoorStatus[];
  /** The one that serves first, then those that are on their way out, oldest flip first. */
  readonly instances: readonly FlipInstance[];
}

/** A public port, and the port to which the kernel leads new connections. */
export interface FlipDoorStatus extends Door {
  readonly to: number;
  /** Of the instance that listens there; null: nobody does, and clients are refused. */
  readonly pid: number | null;
}

export interface FlipInstance {
  /** Of the process that none of the others has started. */
  readonly pid: number;
  /**
   * `serving`: a door leads to it. `draining`: it keeps the clients it has, and will be told to
   * finish. `stopping`: it has been told, and ends with its last client.
   */
  readonly state: 'serving' | 'draining' | 'stopping';
  readonly halted: boolean;
  readonly argv: readonly string[];
  readonly ageMs: number;
  /** On which it has its clients: its own, or the public ones. */
  readonly ports: readonly number[];
  /** Of the process and all that descend from it. */
  readonly connections: readonly ClientConnection[];
  /** Null for one that serves, and where the run has ended: it waited long enough. */
  readonly retiredBy: RetiringRun | null;
  /** What the run waits for; see FlippedAway. Null for one that serves. */
  readonly waitsFor: FlippedAway['waitsFor'] | null;
  /** When that wait is over at the latest, in ms since the epoch; null when nobody waits. */
  readonly untilMs: number | null;
  /** How long its clients may stay once they are waited for; 0: that is over; null: it serves. */
  readonly drainTimeoutMs: number | null;
}

/** @returns null when this user may not look at the map */
export async function readFlips(
  host: Host,
  stateDir: string,
  runs: readonly OpenRun[],
): Promise<readonly FlipStatus[] | null> {
  const elements = await elementsNow(host);
  if (elements === null) return null;
  const away = await flippedAway(host, stateDir);
  if (elements.length === 0 && away.length === 0) return [];
  const open = await host.sockets.connections(host.self.pid);
  const services = withAway(await ledTo(host, elements), away);
  return await Promise.all(
    services.map(async (service) => await flipStatusOf(host, service, open, runs)),
  );
}

/** Empty when there is no such table, or no nft(8) that could have made one. */
async function elementsNow(host: Host): Promise<readonly MapElement[] | null> {
  const listed = await host.run({ argv: listTableArgv(FLIP_TABLE) }).catch(() => undefined);
  if (listed === undefined) return [];
  if (listed.code === 0) return portElements(parseRuleset(listed.stdout), FLIP_TABLE);
  return /not permitted|must be root/i.test(listed.stderr) ? null : [];
}

interface LedDoor extends Door {
  readonly to: number;
  readonly leader: ProcessInfo | null;
}

/** Doors of one owner that lead to one instance, and those that were led away from there before. */
interface FlippedService {
  readonly owner: string;
  readonly doors: readonly LedDoor[];
  readonly away: readonly FlippedAway[];
}

async function ledTo(
  host: Host,
  elements: readonly MapElement[],
): Promise<readonly FlippedService[]> {
  const listening = (await host.sockets.listeners(host.self.pid)).filter(
    ({ family }) => family !== 'unix',
  );
  const doors = elements.map((element) => {
    const door = doorOf(element);
    const sockets = listening.filter((socket) => serves(socket, door, element.port));
    return { door, element, inodes: sockets.map(({ inode }) => inode) };
  });
  const holders = await holdersOf(host, new Set(doors.flatMap(({ inodes }) => inodes)));
  const services = new Map<string, { readonly owner: string; readonly doors: LedDoor[] }>();
  for (const { door, element, inodes } of doors) {
    const owner = element.comment ?? '';
    const held = inodes.flatMap((inode) => holders.get(inode) ?? []);
    const leader = leadersOf(held)[0] ?? null;
    const key = `${owner} ${leader?.pid ?? 'nobody'}`;
    const service = services.get(key) ?? { owner, doors: [] };
    service.doors.push({ ...door, to: element.port, leader });
    services.set(key, service);
  }
  return [...services.values()].map((service) => ({ ...service, away: [] }));
}

/** The processes that hold each of these sockets. */
async function holdersOf(
  host: Host,
  inodes: ReadonlySet<number>,
): Promise<ReadonlyMap<number, readonly ProcessInfo[]>> {
  const holders = new Map<number, ProcessInfo[]>();
  if (inodes.size === 0) return holders;
  for (const process of await host.processes.named('')) {
    for (const inode of await host.sockets.inodesOf(process.pid)) {
      if (inodes.has(inode)) holders.set(inode, [...(holders.get(inode) ?? []), process]);
    }
  }
  return holders;
}

/** An earlier instance stands with the service that has its doors now, else alone. */
function withAway(
  services: readonly FlippedService[],
  away: readonly FlippedAway[],
): readonly FlippedService[] {
  const serving = new Set(services.flatMap(({ doors }) => doors.map(({ leader }) => leader?.pid)));
  const all = [...services];
  for (const one of away.filter(({ process }) => !serving.has(process.pid))) {
    const at = all.findIndex((service) => isOf(one, service));
    const service = all[at];
    if (service === undefined) all.push({ owner: one.owner, doors: [], away: [one] });
    else all[at] = { ...service, away: [...service.away, one] };
  }
  return all;
}

function isOf(away: FlippedAway, { owner, doors, away: others }: FlippedService): boolean {
  if (away.owner !== owner) return false;
  return sharesDoor(away.doors, [...doors, ...others.flatMap((one) => one.doors)]);
}

async function flipStatusOf(
  host: Host,
  { owner, doors, away }: FlippedService,
  open: readonly Socket[],
  runs: readonly OpenRun[],
): Promise<FlipStatus> {
  const [leader = null] = doors.map((door) => door.leader);
  const ports = [...new Set(doors.map(({ to }) => to))];
  const serving = leader === null ? [] : [await servingInstance(host, leader, ports, open)];
  const leaving: FlipInstance[] = [];
  for (const one of away) leaving.push(await leavingInstance(host, one, open, runs));
  return {
    owner,
    doors: doors.map(({ family, host: address, port, to }) => ({
      family,
      host: address,
      port,
      to,
      pid: leader?.pid ?? null,
    })),
    instances: [...serving, ...leaving],
  };
}

async function servingInstance(
  host: Host,
  leader: ProcessInfo,
  ports: readonly number[],
  open: readonly Socket[],
): Promise<FlipInstance> {
  return {
    ...(await processOf(host, leader, ports, open)),
    state: 'serving',
    retiredBy: null,
    waitsFor: null,
    untilMs: null,
    drainTimeoutMs: null,
  };
}

async function leavingInstance(
  host: Host,
  { process, ports, runId, waitsFor, untilMs, drainTimeoutMs }: FlippedAway,
  open: readonly Socket[],
  runs: readonly OpenRun[],
): Promise<FlipInstance> {
  const run = runs.find((one) => one.runId === runId);
  return {
    ...(await processOf(host, process, ports, open)),
    state: waitsFor === 'end' ? 'stopping' : 'draining',
    retiredBy: run === undefined ? null : retiringRun(run),
    waitsFor,
    untilMs,
    drainTimeoutMs,
  };
}

async function processOf(
  host: Host,
  leader: ProcessInfo,
  ports: readonly number[],
  open: readonly Socket[],
): Promise<Pick<FlipInstance, 'pid' | 'halted' | 'argv' | 'ageMs' | 'ports' | 'connections'>> {
  const own = await inodesOfFamily(host, leader);
  const clients = open.filter(
    ({ family, local, inode }) =>
      family !== 'unix' && own.has(inode) && ports.includes(portOf(local)),
  );
  return {
    pid: leader.pid,
    halted: isHalted(leader),
    argv: leader.argv,
    ageMs: leader.ageMs,
    ports,
    connections: clients.map(clientOf),
  };
}
