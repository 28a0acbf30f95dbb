import type { Arguments } from '../haproxy/arguments.js';
import type { Listener } from '../haproxy/listeners.js';
import type { StateLoss } from '../haproxy/state/state-loss.js';
import type { StateFile } from '../haproxy/state/server-plan.js';
import type { CarriedServer } from '../haproxy/state/carried-server.js';
import type { ProcessId } from '../host/host.js';

/** All that a method may know about the host, read once before planning. Plain data. */
export interface Facts {
  readonly mode: 'daemon' | 'master-worker' | 'foreground';
  /** The process that serves: the worker in master-worker mode. */
  readonly serving: ProcessId;
  readonly master: ProcessId | null;
  readonly masterSocket: string | null;
  /** Who started a process that stays in the foreground, and will start it again. */
  readonly supervisor: ProcessId | null;
  /** The program that the next generation runs. */
  readonly program: string;
  readonly arguments: Arguments;
  /** Configuration files of the next generation, absolute or relative to `cwd`. */
  readonly configFiles: readonly string[];
  readonly cwd: string;
  readonly user: { readonly uid: number; readonly gid: number };
  /** From the command line or the configuration. */
  readonly pidFile: string | null;
  readonly runtime: RuntimeFacts;
  readonly frontends: readonly FrontendFacts[];
  readonly listeners: ListenerFacts;
  /** What the running process has read: its files are older, or hitless has kept them. */
  readonly runningKnown: boolean;
  /** net.ipv4.tcp_migrate_req in HAProxy's network namespace. */
  readonly migrateRequests: 'absent' | 'off' | 'on';
  /** What it takes to hold new connections back; null: not looked at, no method in question needs it. */
  readonly holds: HoldFacts | null;
  /** The longest that an idle client may stay connected by the configuration; null: for ever. */
  readonly idleTimeoutMs: number | null;
  readonly state: StateFacts;
}

/** What the next process is to know of its servers besides what its files say. */
export interface StateFacts {
  /** To be told over its runtime socket. */
  readonly servers: readonly CarriedServer[];
  /** To be read by itself when it starts. */
  readonly files: readonly StateFile[];
  /** Map and ACL files that are to hold what HAProxy has, before anything else. */
  readonly entries: readonly EntriesToWrite[];
  /** Stick tables with entries that HAProxy hands on by itself, when the old process finishes. */
  readonly tables: { readonly handedOn: readonly string[]; readonly isLearning: boolean };
  /** What it will not know. */
  readonly losses: readonly StateLoss[];
  readonly notes: readonly string[];
}

export interface EntriesToWrite {
  readonly path: string;
  readonly content: Buffer;
  readonly wanted: Buffer;
  readonly summary: string;
}

export interface RuntimeFacts {
  /** Paths at which the running process answers. */
  readonly sockets: readonly string[];
  readonly admin: boolean;
  /** One of `sockets` with `expose-fd listeners`, for `-x`; null when there is none. */
  readonly passesSocketsAt: string | null;
}

export interface FrontendFacts {
  readonly name: string;
  readonly http: boolean;
  /** Clients may keep connections open that are idle and that a soft stop cuts. */
  readonly cutsIdleClients: boolean;
  /** `file:line` of the section. */
  readonly place: string;
}

export interface ListenerFacts {
  /** Those that the next generation has too, with the running process's sockets. */
  readonly kept: readonly KeptListener[];
  /** Those that only the next generation has. */
  readonly added: readonly Pick<Listener, 'family' | 'local'>[];
  /**
   * Those of the running process that no bind of the files names: gone in the next generation, or
   * under a name that only HAProxy can tell (a host name, a peer, an inherited socket).
   */
  readonly unmatched: readonly Listener[];
}

export interface KeptListener extends Listener {
  /** HAProxy will find it among the sockets passed with `-x`. */
  readonly passable: boolean;
}

/** Whether the kernel can hold SYNs back in HAProxy's network namespace. */
export interface HoldFacts {
  /** What keeps nft from dropping them; null when nothing does. */
  readonly nft: Obstacle | null;
  /** What keeps a plug qdisc from holding them. */
  readonly plug: Obstacle | null;
  /** By which clients of other machines come. */
  readonly interfaces: readonly string[];
}

export interface Obstacle {
  readonly because: string;
  readonly remedy: string;
}
