import { ADMIN, type ServerState } from '../runtime/server-states.js';
import type { CarriedServer } from './carried-server.js';
import { sameHost } from './hosts.js';

/**
 * Commands of the runtime API (management.txt, 9.3) that give a process that has just started the
 * states of the one before it. What keeps requests away from a server comes first: until it is
 * said, the new process sends them. Pure.
 */
export function carryCommands(servers: readonly CarriedServer[]): readonly string[] {
  return [
    ...servers.flatMap(takeOut),
    ...servers.flatMap(setRest),
    // Last: what was switched off in the file is switched on when all else is set.
    ...servers.flatMap(({ server, state }) =>
      state === 'ready' ? [`set server ${nameOf(server)} state ready`] : [],
    ),
  ];
}

function takeOut({ server, state, down }: CarriedServer): readonly string[] {
  const name = nameOf(server);
  return [
    ...(state === 'maint' || state === 'drain' ? [`set server ${name} state ${state}`] : []),
    ...(down === null ? [] : [`set server ${name} ${down} down`]),
  ];
}

function setRest({
  server,
  weight,
  healthOff,
  agentOff,
  address,
}: CarriedServer): readonly string[] {
  const name = nameOf(server);
  const port = address === null || address.port === '0' ? '' : ` port ${address.port}`;
  return [
    ...(address === null ? [] : [`set server ${name} addr ${address.host}${port}`]),
    ...(weight === null ? [] : [`set server ${name} weight ${weight}`]),
    ...(healthOff ? [`disable health ${name}`] : []),
    ...(agentOff ? [`disable agent ${name}`] : []),
  ];
}

export function nameOf({ backend, server }: CarriedServer['server']): string {
  return `${backend}/${server}`;
}

/**
 * What a process shows instead of a state that it was given; undefined when all is there. Health is
 * not looked at: checks may have found the server up since. Pure.
 */
export function differenceFrom(
  { server, state, weight, address }: CarriedServer,
  shown: ServerState | undefined,
): string | undefined {
  // No such server in the end: a conditional block, say. Nothing is to be kept of it.
  if (shown === undefined) return undefined;
  const isMaint = (shown.admin & ADMIN.forcedMaint) !== 0;
  const isDrain = (shown.admin & ADMIN.forcedDrain) !== 0;
  if (state === 'maint' && !isMaint) return `${nameOf(server)} is not in maintenance`;
  if (state === 'drain' && !isDrain) return `${nameOf(server)} does not drain`;
  if (state === 'ready' && isMaint) return `${nameOf(server)} is in maintenance`;
  if (weight !== null && String(shown.weight) !== weight) {
    return `${nameOf(server)} has weight ${shown.weight}, not ${weight}`;
  }
  if (address !== null && !sameHost(address.host, shown.address)) {
    return `${nameOf(server)} has address ${shown.address}, not ${address.host}`;
  }
  return undefined;
}
