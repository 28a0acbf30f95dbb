import type { ServerName } from '../runtime/change.js';
import { ADMIN, CHECK, type ServerState } from '../runtime/server-states.js';
import { isIpAddress, sameHost } from './hosts.js';

/**
 * What the running process knows of one server and the files do not, and what the next process
 * begins with therefore. Null and false: as the files say.
 */
export interface CarriedServer {
  readonly server: ServerName;
  /** `ready`: switched on at run time though the file says `disabled`. */
  readonly state: 'maint' | 'drain' | 'ready' | null;
  /** 0 to 256, as set at run time. */
  readonly weight: string | null;
  /** Found to be down by checks; they bring it up again when it answers. */
  readonly down: 'health' | 'agent' | null;
  /** `disable health`, `disable agent`. */
  readonly healthOff: boolean;
  readonly agentOff: boolean;
  /** Set at run time, while the file still says what it said before. */
  readonly address: { readonly host: string; readonly port: string } | null;
}

/** What a `server` line comes to, as far as state is concerned. */
export interface WantedServer {
  /** HOST and PORT as written; the port may be empty. */
  readonly host: string;
  readonly port: string;
  readonly disabled: boolean;
  /** As HAProxy counts: 1 without the keyword. */
  readonly weight: string;
  readonly check: boolean;
  readonly agentCheck: boolean;
  readonly tracks: boolean;
  readonly ssl: boolean;
  /** Its backend's algorithm takes no other weights at run time than 0 and 100 %. */
  readonly staticWeights: boolean;
}

/** One server of the running process beside what the next one's files say of it. */
export interface ServerPair {
  readonly running: ServerState;
  readonly wanted: WantedServer;
  /** What the running process's own files said; undefined when that is not known. */
  readonly former: WantedServer | undefined;
}

/**
 * What has to be carried over for one server. An edit of the file always wins: each value counts
 * only if the file says of it what the running process had read. Pure.
 */
export function carriedServer(pair: ServerPair): CarriedServer {
  const { running, wanted } = pair;
  const state = stateOf(pair);
  return {
    server: { backend: running.backend, server: running.server },
    state,
    weight: weightOf(pair),
    down: wanted.disabled ? null : downOf(pair),
    healthOff: wanted.check && isSwitchedOff(running.checkState),
    agentOff: wanted.agentCheck && isSwitchedOff(running.agentState),
    address: movedTo(pair),
  };
}

export function carriesNothing(carried: CarriedServer): boolean {
  const { state, weight, down, healthOff, agentOff, address } = carried;
  return (state ?? weight ?? down ?? address) === null && !healthOff && !agentOff;
}

function stateOf({ running, wanted }: ServerPair): CarriedServer['state'] {
  const has = (bit: number): boolean => (running.admin & bit) !== 0;
  // `disabled` has come into the file or has left it: that is what its author wants.
  if (wanted.disabled !== has(ADMIN.configuredMaint)) return null;
  if (has(ADMIN.forcedMaint)) return wanted.disabled ? null : 'maint';
  if (has(ADMIN.forcedDrain) && isDrainedByHand(running, wanted)) return 'drain';
  return wanted.disabled ? 'ready' : null;
}

/** A weight of 0 in the file drains too, and ends with it (srv_state_srv_update in HAProxy). */
function isDrainedByHand({ initialWeight }: ServerState, wanted: WantedServer): boolean {
  return initialWeight > 0 || wanted.weight === '0';
}

/** HAProxy's own rule for state files: a weight that is new in the file wins. */
function weightOf({ running, wanted }: ServerPair): string | null {
  const { weight, initialWeight } = running;
  if (weight === initialWeight || String(initialWeight) !== wanted.weight) return null;
  return wanted.staticWeights ? null : String(weight);
}

const STOPPED = 0;

function downOf(pair: ServerPair): CarriedServer['down'] {
  const { running, wanted } = pair;
  // In maintenance it counts as stopped too, and no check has said so.
  if (running.operational !== STOPPED || isInMaintenance(running) || wanted.tracks) return null;
  // Another address has not been looked at, and without checks nothing would bring it up again.
  if (!isSameTarget(pair)) return null;
  if (wanted.check) return 'health';
  return wanted.agentCheck ? 'agent' : null;
}

function isInMaintenance({ admin }: ServerState): boolean {
  return (admin & (ADMIN.forcedMaint | ADMIN.inheritedMaint | ADMIN.resolutionMaint)) !== 0;
}

/** Whether the next process will check, and use, what the running one does. */
export function isSameTarget({ running, wanted, former }: ServerPair): boolean {
  if (former !== undefined) return sameTarget(former, wanted);
  if (!isIpAddress(wanted.host)) return isSameName(running, wanted);
  return sameTarget({ host: running.address, port: running.port }, wanted);
}

/** A host name, or an SRV record by which servers are found (`server-template ... _http._tcp.a`). */
export function isSameName(running: ServerState, { host }: WantedServer): boolean {
  return running.fqdn === host || running.srvRecord === host;
}

type Target = Pick<WantedServer, 'host' | 'port'>;

export function sameTarget(one: Target, other: Target): boolean {
  return sameHost(one.host, other.host) && shownPort(one) === shownPort(other);
}

/** HAProxy shows 0 where no port is written, and the number alone where it counts from another. */
function shownPort({ port }: Target): string {
  return port === '' ? '0' : port;
}

/** Only of literal addresses: a name is resolved anew, and a variable is HAProxy's to expand. */
function movedTo({ running, wanted, former }: ServerPair): CarriedServer['address'] {
  const now = { host: running.address, port: running.port };
  if (former === undefined || !sameTarget(former, wanted)) return null;
  if (!isIpAddress(wanted.host) || !isIpAddress(now.host) || !/^\d*$/.test(wanted.port))
    return null;
  return sameTarget(now, wanted) ? null : now;
}

/** `disable health`, `disable agent`, by the bits of a check's state. */
export function isSwitchedOff(bits: number): boolean {
  return (bits & CHECK.configured) !== 0 && (bits & CHECK.enabled) === 0;
}
