import type { HealthCheck } from '../host/health.js';
import type { ProcessId } from '../host/host.js';
import type { Door } from '../host/nft-flip.js';
import type { GeneratedFile } from '../steps/write-files.js';
import type { StateFacts } from './facts.js';

/** All that a flip is planned from, read once. Plain data. */
export interface FlipFacts {
  /** Beside the elements of the map: `haproxy /etc/haproxy/haproxy.cfg`. */
  readonly owner: string;
  readonly doors: readonly FlipDoor[];
  /** Who serves now; null when nobody does. */
  readonly active: ActiveInstance | null;
  readonly standby: StandbyInstance;
}

export interface FlipDoor extends Door {
  /** Port of the next instance; null when its configuration has no such door any more. */
  readonly standbyPort: number | null;
  /** The door's address is bound by a socket of its own, and not by one that takes IPv4 too. */
  readonly own: boolean;
}

export interface ActiveInstance {
  readonly process: ProcessId;
  /** The ports on which it listens for clients, behind the map or the public ones themselves. */
  readonly ports: readonly number[];
  readonly inodes: readonly number[];
  /** It has clients that connection tracking has never seen: the table is what begins it. */
  readonly untracked: boolean;
  readonly stopSignal: NodeJS.Signals;
  /** What only it has: its configuration, its unix sockets. */
  readonly files: readonly string[];
  /** HAProxy's way to let clients go that are idle; null where there is none. */
  readonly quiesce: QuiesceFacts | null;
}

export interface QuiesceFacts {
  readonly process: ProcessId;
  readonly sockets: readonly string[];
  readonly frontends: readonly string[];
}

export interface StandbyInstance {
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly user: { readonly uid: number; readonly gid: number };
  readonly like: ProcessId | null;
  readonly environment: Readonly<Record<string, string>> | null;
  /** Has the program itself read what was made for it; null where that was done before. */
  readonly checkArgv: readonly string[] | null;
  readonly daemonizes: boolean;
  readonly logFile: string | null;
  readonly files: readonly GeneratedFile[];
  /** What it makes itself under names of its own: sockets, a pid file. */
  readonly leaves: readonly string[];
  readonly token: string | null;
  readonly stopSignal: NodeJS.Signals;
  readonly health: readonly HealthCheck[];
  /** Unix sockets by the names that others know; each instance has one of its own beside them. */
  readonly sockets: readonly string[];
  readonly pidFile: string | null;
  /** Of HAProxy: what it is to know of its servers besides what its files say. */
  readonly states?: StandbyStates;
}

/** See StateFacts. */
export interface StandbyStates extends Pick<StateFacts, 'servers' | 'files'> {
  /** The standby's own. */
  readonly sockets: readonly string[];
}
