import { hostOf, portOf } from '../host/endpoint.js';
import type { StateLoss } from '../haproxy/state/state-loss.js';
import type { Host, ProcessId, ProcessInfo } from '../host/host.js';
import type { Door } from '../host/nft-flip.js';
import type { Ruleset } from '../host/nft-list.js';
import type { ActiveInstance, StandbyInstance } from '../methods/flip-facts.js';
import type { Serving } from './flip-doors.js';
import type { FlipOptions } from './flip-request.js';

/** Where a flip is prepared. */
export interface Scene {
  readonly host: Host;
  readonly request: FlipOptions;
  readonly ruleset: Ruleset;
  /** Null for a dry run. */
  readonly stateDir: string | null;
}

/** What each kind of service has found out by itself. */
export interface Prepared {
  readonly owner: string;
  readonly doors: readonly OwnedDoor[];
  readonly serving: Serving;
  readonly ports: ReadonlyMap<number, number>;
  readonly standby: Omit<StandbyInstance, 'health'>;
  readonly active: Pick<ActiveInstance, 'stopSignal' | 'files' | 'quiesce'>;
  /** Why nothing may be lost and yet nobody can promise it. */
  readonly unverified: string | null;
  /** What the next instance will not know. */
  readonly lostState?: readonly StateLoss[];
}

export interface OwnedDoor extends Door {
  /** It is bound by a socket of its own, and not by one that takes IPv4 too. */
  readonly own: boolean;
}

/** Doors for listeners that are named as the kernel names them: `0.0.0.0:80`, `[::]:80`. */
export function doorsFor(
  listeners: readonly { readonly family: string; readonly local: string }[],
): readonly OwnedDoor[] {
  const doors = new Map<string, OwnedDoor>();
  const add = (door: OwnedDoor): void => {
    const key = `${door.family} ${door.host ?? '*'} ${door.port}`;
    if (door.own || !doors.has(key)) doors.set(key, door);
  };
  for (const { family, local } of listeners) {
    if (family !== 'ipv4' && family !== 'ipv6') continue;
    const port = portOf(local);
    const host = hostOf(local).replace(/^\[(.*)\]$/, '$1');
    const any = host === '0.0.0.0' || host === '::';
    add({ family, host: any ? null : host, port, own: true });
    // Unless it was told otherwise it takes IPv4 too; if it was, nobody takes that, here or there.
    if (host === '::') add({ family: 'ipv4', host: null, port, own: false });
  }
  return [...doors.values()];
}

export function portsOf(doors: readonly Door[]): readonly number[] {
  return [...new Set(doors.map(({ port }) => port))];
}

export function idOf({ pid, startTicks }: ProcessInfo): ProcessId {
  return { pid, startTicks };
}
