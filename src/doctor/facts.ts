import type { Config, Place } from '../haproxy/config/resolve.js';
import type { Version } from '../haproxy/version.js';
import type { Ruleset } from '../host/nft-list.js';
import type { Qdisc } from '../host/tc-plug.js';
import type { NginxSettings } from '../services/nginx-settings.js';
import type { Unit } from './unit.js';

/** All that the checks may know, read once. Plain data; null: not known, or not there. */
export interface DoctorFacts {
  /** HAProxy's files. */
  readonly config: Config | null;
  readonly version: Version | null;
  /** As it runs, else as files and unit say. */
  readonly mode: 'daemon' | 'master-worker' | 'foreground' | null;
  readonly running: RunningFacts | null;
  readonly stateFiles: readonly StateFile[];
  readonly host: HostFacts;
  readonly traffic: TrafficFacts;
  readonly unit: Unit | null;
  readonly nginx: NginxFacts | null;
  readonly apache: ApacheFacts | null;
}

export interface RunningFacts {
  readonly pid: number;
  readonly startedMs: number;
  /** TCP ports on which it serves. */
  readonly ports: readonly number[];
  readonly draining: readonly { readonly pid: number; readonly ageMs: number }[];
  /** Since the last good reload; null when the master cannot be asked. */
  readonly failedReloads: number | null;
  readonly residentBytes: number | null;
  /** Soft limit of open files. */
  readonly openFiles: number | null;
}

/** A file that `server-state-file` or `server-state-file-name` names. */
export interface StateFile extends Place {
  readonly path: string;
  /** Null when there is no such file. */
  readonly modifiedMs: number | null;
}

export interface HostFacts {
  readonly nowMs: number;
  /** By name, of the network namespace of the service; without those that the kernel lacks. */
  readonly sysctls: ReadonlyMap<string, string>;
  readonly availableBytes: number | null;
  /** When the newest of the configuration files was changed. */
  readonly configModifiedMs: number | null;
}

export interface TrafficFacts {
  readonly ruleset: Ruleset | null;
  readonly qdiscs: readonly Qdisc[];
  /** Lines of `iptables-save` and `ip6tables-save`. */
  readonly iptables: readonly string[];
  /** Runs of hitless that have not ended. */
  readonly openRuns: readonly string[];
}

export interface NginxFacts {
  readonly settings: NginxSettings;
  /** Workers that run now; null when none was found. */
  readonly workers: number | null;
  readonly subject: string;
}

export interface ApacheFacts {
  readonly directives: readonly { readonly name: string; readonly value: string }[];
  readonly keepsIdleClients: boolean;
  /** The end of its error log. */
  readonly log: string;
  readonly subject: string;
}
