import { ADMIN, type ServerState } from '../runtime/server-states.js';
import {
  isSameName,
  isSameTarget,
  type CarriedServer,
  type ServerPair,
  type WantedServer,
} from './carried-server.js';
import { isIpAddress } from './hosts.js';

/** enum srv_state of HAProxy. */
const STOPPED = 0;
const RUNNING = 2;

/**
 * A line of a server-state file as the next process may load it. HAProxy takes port, check port,
 * check address, SSL and a name's last address from the file even where the configuration has been
 * edited since (srv_state_srv_update, 2.4 to 3.2): here they are the configuration's. A server that
 * is down by checks that are gone, or of another address, would stay down: it starts up. Pure.
 */
export function stateLine(pair: ServerPair, carried: CarriedServer): ServerState {
  const { running, wanted } = pair;
  return {
    ...running,
    ...healthOf(pair, carried),
    admin: adminOf(running, carried, wanted),
    address: addressOf(running, wanted),
    port: portOf(wanted, running),
    useSsl: wanted.ssl,
    checkPort: '0',
    checkAddress: '-',
    agentPort: '0',
    agentAddress: '-',
  };
}

type Health = Pick<ServerState, 'operational' | 'checkStatus' | 'checkResult' | 'checkHealth'>;

function healthOf(pair: ServerPair, { down }: CarriedServer): Partial<Health> {
  const { running } = pair;
  const isDown = running.operational === STOPPED;
  // Of a server in maintenance too: it shows as stopped, and would be down once it is made ready.
  if (isDown ? down !== null : isSameTarget(pair)) return {};
  return { operational: RUNNING, checkStatus: 0, checkResult: 0, checkHealth: 0 };
}

/** `disabled` as the running process had it: HAProxy itself sees whether the file changed. */
function adminOf(running: ServerState, { state }: CarriedServer, wanted: WantedServer): number {
  const configured = running.admin & ADMIN.configuredMaint;
  // With the flag of the other: HAProxy then takes what the file says.
  if (wanted.disabled !== (configured !== 0)) return configured;
  switch (state) {
    case 'maint':
      return ADMIN.forcedMaint;
    case 'drain':
      return configured | ADMIN.forcedDrain;
    case 'ready':
      return configured;
    case null:
      return wanted.disabled ? configured | ADMIN.forcedMaint : configured;
  }
}

/** What a name was last resolved to counts only for that name; literal addresses are the file's. */
function addressOf(running: ServerState, wanted: WantedServer): string {
  return isIpAddress(wanted.host) || !isSameName(running, wanted) ? '-' : running.address;
}

function portOf({ host, port }: WantedServer, running: ServerState): string {
  // Its record names the port.
  if (running.srvRecord !== '-' && running.srvRecord === host) return running.port;
  if (/^\d+$/.test(port)) return port;
  return port === '' ? '0' : running.port;
}
