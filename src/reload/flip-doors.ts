import { hostOf, portOf } from '../host/endpoint.js';
import { refused } from '../error.js';
import { familyOf, ownersOf } from '../host/family.js';
import type { Host, ProcessInfo, Socket } from '../host/host.js';
import { doorOf, doorText, FLIP_TABLE, placedAt, type Door } from '../host/nft-flip.js';
import { portElements, type MapElement, type Ruleset } from '../host/nft-list.js';

/** Who serves the doors now, as the machine shows it. */
export interface Serving {
  /** Null when nobody does. */
  readonly leader: ProcessInfo | null;
  /** Ports on which it listens for clients of these doors. */
  readonly ports: readonly number[];
  readonly inodes: readonly number[];
  readonly direct: boolean;
  /** Doors that lead to it and that were not asked for. */
  readonly others: readonly Door[];
}

/**
 * Follows each door through the map to a listener, and that to its process.
 *
 * @throws HitlessError `target-ambiguous`, `port-taken`
 */
export async function servingAt(
  host: Host,
  namespaceOf: number,
  ruleset: Ruleset,
  doors: readonly Door[],
): Promise<Serving> {
  const elements = portElements(ruleset, FLIP_TABLE);
  const listening = (await host.sockets.listeners(namespaceOf)).filter(
    ({ family }) => family !== 'unix',
  );
  const found: { door: Door; placed: number | null; socket: Socket }[] = [];
  for (const door of doors) {
    const placed = placedAt(elements, door);
    const socket = listening.find((one) => serves(one, door, placed ?? door.port));
    if (socket !== undefined) found.push({ door, placed, socket });
  }
  const leaders = await ownersOf(
    host,
    found.map(({ socket }) => socket.inode),
  );
  if (leaders.length > 1) throw ambiguous(doors, leaders);
  const leader = leaders[0] ?? null;
  const ports = [...new Set(found.map(({ door, placed }) => placed ?? door.port))];
  // A door that is in the map already has no neighbours: an earlier instance may just be leaving.
  const fresh = doors.filter((door) => placedAt(elements, door) === null);
  await refuseNeighbours(host, fresh, listening, leader);
  return {
    leader,
    ports,
    inodes: await inodesAt(host, leader, listening, ports),
    direct: found.some(({ placed }) => placed === null),
    others: otherDoors(elements, doors, leader === null ? [] : ports),
  };
}

/** A socket takes connections of the door: its own address, or one that stands for all. */
export function serves(socket: Socket, door: Door, port: number): boolean {
  if (portOf(socket.local) !== port) return false;
  const host = hostOf(socket.local);
  if (host === '[::]') return true;
  if (socket.family !== door.family) return false;
  if (host === '0.0.0.0') return true;
  return host === (door.family === 'ipv6' ? `[${door.host}]` : door.host);
}

async function inodesAt(
  host: Host,
  leader: ProcessInfo | null,
  listening: readonly Socket[],
  ports: readonly number[],
): Promise<readonly number[]> {
  if (leader === null) return [];
  const own = new Set<number>();
  for (const { pid } of await familyOf(host, leader)) {
    for (const inode of await host.sockets.inodesOf(pid)) own.add(inode);
  }
  return listening
    .filter(({ inode, local }) => own.has(inode) && ports.includes(portOf(local)))
    .map(({ inode }) => inode);
}

/** A map for a whole port would take another program's clients along. */
async function refuseNeighbours(
  host: Host,
  doors: readonly Door[],
  listening: readonly Socket[],
  leader: ProcessInfo | null,
): Promise<void> {
  for (const door of doors.filter((one) => one.host === null)) {
    const near = listening.filter(
      (socket) => socket.family === door.family && portOf(socket.local) === door.port,
    );
    for (const socket of near) {
      const [owner] = await ownersOf(host, [socket.inode]);
      if (owner === undefined || owner.pid === leader?.pid) continue;
      throw refused(
        'port-taken',
        `${socket.local} belongs to pid ${owner.pid} (${owner.argv.join(' ')})`,
        {
          subject: socket.local,
          hint: 'a map for the whole port would take its clients along: name the addresses that are to be flipped',
        },
      );
    }
  }
}

function otherDoors(
  elements: readonly MapElement[],
  doors: readonly Door[],
  ports: readonly number[],
): readonly Door[] {
  return elements
    .filter(({ port }) => ports.includes(port))
    .map(doorOf)
    .filter(
      (door) =>
        !doors.some(
          (one) => one.family === door.family && one.host === door.host && one.port === door.port,
        ),
    );
}

function ambiguous(doors: readonly Door[], leaders: readonly ProcessInfo[]): Error {
  const list = leaders.map(({ pid, argv }) => `  ${pid}  ${argv.join(' ')}`).join('\n');
  return refused(
    'target-ambiguous',
    `${doors.map(doorText).join(', ')} are served by ${leaders.length} programs:\n${list}`,
    { hint: 'flip one service at a time: name only its ports' },
  );
}
