import { ADMIN } from '../runtime/server-states.js';
import { sameTarget, type CarriedServer, type ServerPair } from './carried-server.js';
import { nameOf } from './carry-commands.js';
import { isIpAddress } from './hosts.js';
import type { StateLoss } from './state-loss.js';

/** What of a server's state the next process will not have, though nobody edited it away. Pure. */
export function serverLosses(pair: ServerPair, carried: CarriedServer): readonly StateLoss[] {
  const { running, wanted } = pair;
  const name = nameOf(carried.server);
  const losses: StateLoss[] = [];
  if (
    running.weight !== running.initialWeight &&
    wanted.staticWeights &&
    String(running.initialWeight) === wanted.weight
  ) {
    losses.push({
      what: `weight ${running.weight} of ${name}`,
      because: 'with its balance algorithm a weight cannot be set at run time',
      remedy: `write "weight ${running.weight}" into its server line, or use "hash-type consistent"`,
    });
  }
  if (movedUnsure(pair)) {
    losses.push({
      what: `address ${running.address}:${running.port} of ${name}`,
      because: 'the files have changed since it started: the address that they name now wins',
      remedy: 'write it into the server line if it was set at run time',
    });
  }
  if ((running.admin & ADMIN.runtimeName) !== 0) {
    losses.push({
      what: `name ${running.fqdn} of ${name}`,
      because: 'a name that was set at run time is not carried over',
      remedy: 'write it into the server line',
    });
  }
  return losses;
}

/** It differs from the file, and whether the file has been edited since is not known. */
function movedUnsure({ running, wanted, former }: ServerPair): boolean {
  if (former !== undefined || !isIpAddress(wanted.host) || !/^\d*$/.test(wanted.port)) return false;
  return !sameTarget({ host: running.address, port: running.port }, wanted);
}

export function unknownServer(name: string, isDynamic: boolean): StateLoss {
  return {
    what: `server ${name}`,
    because: isDynamic
      ? 'it was added at run time, and HAProxy does not tell with which keywords'
      : 'the files do not have it: it was added at run time, or has been taken out of them since',
    remedy: 'write it into the configuration if it is to stay',
  };
}
