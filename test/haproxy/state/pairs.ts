import { ADMIN, type ServerState } from '../../../src/haproxy/runtime/server-states.js';
import type { ServerPair, WantedServer } from '../../../src/haproxy/state/carried-server.js';

/** Up, as the file says: nothing is to be carried. */
export const RUNNING: ServerState = {
  backend: 'web',
  server: 'a',
  backendId: 3,
  serverId: 1,
  address: '10.0.0.1',
  port: '80',
  operational: 2,
  admin: 0,
  weight: 10,
  initialWeight: 10,
  secondsInState: 9,
  checkStatus: 6,
  checkResult: 3,
  checkHealth: 4,
  checkState: 6,
  agentState: 0,
  backendIdForced: false,
  serverIdForced: false,
  fqdn: '-',
  srvRecord: '-',
  useSsl: false,
  checkPort: '0',
  checkAddress: '-',
  agentAddress: '-',
  agentPort: '0',
};

export const WANTED: WantedServer = {
  host: '10.0.0.1',
  port: '80',
  disabled: false,
  weight: '10',
  check: true,
  agentCheck: false,
  tracks: false,
  ssl: false,
  staticWeights: false,
};

export const { forcedMaint: MAINT, forcedDrain: DRAIN, configuredMaint: IN_FILE } = ADMIN;

/** `former`: what the file said when the running process read it; `null` when nobody knows. */
export function pair(
  running: Partial<ServerState>,
  wanted: Partial<WantedServer> = {},
  former: Partial<WantedServer> | null = {},
): ServerPair {
  return {
    running: { ...RUNNING, ...running },
    wanted: { ...WANTED, ...wanted },
    former: former === null ? undefined : { ...WANTED, ...former },
  };
}
