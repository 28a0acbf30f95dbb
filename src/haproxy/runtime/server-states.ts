/**
 * `show servers state`, which is also the content of a server-state file: a version line, a header
 * that names the columns, one line a server (management.txt, 9.3). Pure.
 */
export interface ServerState {
  readonly backend: string;
  readonly server: string;
  readonly backendId: number;
  readonly serverId: number;
  /** `-` while its name is not resolved. */
  readonly address: string;
  readonly port: string;
  /** 0 stopped, 1 starting, 2 running, 3 stopping. */
  readonly operational: number;
  /** The bits of `ADMIN`. */
  readonly admin: number;
  /** The weight that is in force, and the one of the configuration. */
  readonly weight: number;
  readonly initialWeight: number;
  readonly secondsInState: number;
  readonly checkStatus: number;
  readonly checkResult: number;
  readonly checkHealth: number;
  /** The bits of `CHECK`. */
  readonly checkState: number;
  readonly agentState: number;
  readonly backendIdForced: boolean;
  readonly serverIdForced: boolean;
  /** `-` when it has none, as the rest below. */
  readonly fqdn: string;
  readonly srvRecord: string;
  readonly useSsl: boolean;
  /** `0`: that of the server. */
  readonly checkPort: string;
  readonly checkAddress: string;
  readonly agentAddress: string;
  readonly agentPort: string;
}

/** Bits of `srv_admin_state` (management.txt, "show servers state"). */
export const ADMIN = {
  forcedMaint: 0x01,
  inheritedMaint: 0x02,
  configuredMaint: 0x04,
  forcedDrain: 0x08,
  inheritedDrain: 0x10,
  resolutionMaint: 0x20,
  /** The name was set by `set server ... fqdn`. */
  runtimeName: 0x40,
} as const;

/** Bits of `srv_check_state` and `srv_agent_state`. */
export const CHECK = { running: 0x01, configured: 0x02, enabled: 0x04, paused: 0x08 } as const;

/** What an administrator asked of the server: what its checks find is another matter. */
export function adminState({ admin }: ServerState): 'ready' | 'drain' | 'maint' {
  if ((admin & ADMIN.forcedMaint) !== 0) return 'maint';
  return (admin & ADMIN.forcedDrain) === 0 ? 'ready' : 'drain';
}

/** @returns nothing for a text without the header: an error message, or an older format */
export function parseServerStates(text: string): readonly ServerState[] {
  const lines = text.split('\n');
  const header = lines.find((line) => line.startsWith('# be_id '));
  if (header === undefined) return [];
  const names = header.slice(2).trim().split(' ');
  const columns = COLUMNS.map((name) => names.indexOf(name));
  return lines
    .filter((line) => line.includes(' ') && !line.startsWith('#'))
    .map((line) => {
      const words = line.trim().split(' ');
      return stateOf(columns.map((at) => words[at] ?? '-'));
    });
}

/** As HAProxy writes it; version 1 of the format, which 1.8 to 3.4 read. */
export function printServerStates(states: readonly ServerState[]): string {
  const lines = states.map((state) => wordsOf(state).join(' '));
  return [`1\n# ${COLUMNS.join(' ')}`, ...lines, ''].join('\n');
}

/** In HAProxy's order; srvrecord is missing before 1.9, what follows srv_use_ssl before 2.4. */
const COLUMNS = [
  ...['be_id', 'be_name', 'srv_id', 'srv_name', 'srv_addr', 'srv_op_state', 'srv_admin_state'],
  ...['srv_uweight', 'srv_iweight', 'srv_time_since_last_change', 'srv_check_status'],
  ...['srv_check_result', 'srv_check_health', 'srv_check_state', 'srv_agent_state'],
  ...['bk_f_forced_id', 'srv_f_forced_id', 'srv_fqdn', 'srv_port', 'srvrecord', 'srv_use_ssl'],
  ...['srv_check_port', 'srv_check_addr', 'srv_agent_addr', 'srv_agent_port'],
] as const;

function stateOf(words: readonly string[]): ServerState {
  const text = (at: number): string => words[at] ?? '-';
  const number = (at: number): number => Number.parseInt(text(at), 10) || 0;
  return {
    backendId: number(0),
    backend: text(1),
    serverId: number(2),
    server: text(3),
    address: text(4),
    operational: number(5),
    admin: number(6),
    weight: number(7),
    initialWeight: number(8),
    secondsInState: number(9),
    checkStatus: number(10),
    checkResult: number(11),
    checkHealth: number(12),
    checkState: number(13),
    agentState: number(14),
    backendIdForced: text(15) === '1',
    serverIdForced: text(16) === '1',
    fqdn: text(17),
    port: text(18),
    srvRecord: text(19),
    useSsl: text(20) === '1',
    checkPort: text(21),
    checkAddress: text(22),
    agentAddress: text(23),
    agentPort: text(24),
  };
}

function wordsOf(state: ServerState): readonly (string | number)[] {
  const bit = (value: boolean): number => (value ? 1 : 0);
  return [
    ...[state.backendId, state.backend, state.serverId, state.server, state.address],
    ...[state.operational, state.admin, state.weight, state.initialWeight, state.secondsInState],
    ...[state.checkStatus, state.checkResult, state.checkHealth, state.checkState],
    ...[state.agentState, bit(state.backendIdForced), bit(state.serverIdForced), state.fqdn],
    ...[state.port, state.srvRecord, bit(state.useSsl), state.checkPort, state.checkAddress],
    ...[state.agentAddress, state.agentPort],
  ];
}
