import { globalsOf } from '../config/globals.js';
import type { Config, Proxy } from '../config/resolve.js';
import { printServerStates, type ServerState } from '../runtime/server-states.js';
import {
  carriedServer,
  carriesNothing,
  isSwitchedOff,
  type CarriedServer,
  type ServerPair,
} from './carried-server.js';
import { nameOf } from './carry-commands.js';
import type { StateLoss } from './state-loss.js';
import { stateFileOf } from './state-files.js';
import { stateLine } from './state-file.js';
import { serverLosses, unknownServer } from './server-losses.js';
import { wantedBackends, type WantedBackend } from './wanted-servers.js';

export interface ServerPlan {
  /** What the next process is told over its runtime socket. */
  readonly servers: readonly CarriedServer[];
  /** What it reads by itself when it starts. */
  readonly files: readonly StateFile[];
  readonly losses: readonly StateLoss[];
}

export interface StateFile {
  readonly path: string;
  readonly contentBase64: string;
}

export interface ServerInput {
  readonly running: readonly ServerState[];
  /** As the next process will read it. */
  readonly config: Config;
  /** As the running process has read it; null when that is not known. */
  readonly former: Config | null;
  readonly cwd: string;
}

/** How the states of all servers reach the next process. Pure. */
export function serverPlan({ running, config, former, cwd }: ServerInput): ServerPlan {
  const wanted = wantedBackends(config);
  const globals = globalsOf(config);
  const before = former === null ? null : former === config ? wanted : wantedBackends(former);
  const paths = new Map<string, string | undefined>();
  const lines = new Map<string, ServerState[]>();
  const servers: CarriedServer[] = [];
  const losses: StateLoss[] = [];
  const pathOf = (name: string, proxy: Proxy): string | undefined => {
    if (!paths.has(name)) paths.set(name, stateFileOf(globals, proxy, cwd));
    return paths.get(name);
  };
  for (const state of running) {
    const backend = wanted.get(state.backend);
    const path = backend === undefined ? undefined : pathOf(state.backend, backend.proxy);
    if (path === undefined && isAsWritten(state, backend)) continue;
    const server = backend?.server(state.server);
    if (server === undefined) {
      if (before === null || before.get(state.backend)?.server(state.server) === undefined) {
        losses.push(unknownServer(nameOf(state), before !== null));
      }
      continue;
    }
    const pair: ServerPair = {
      running: state,
      wanted: server,
      former: before?.get(state.backend)?.server(state.server),
    };
    const carried = carriedServer(pair);
    losses.push(...serverLosses(pair, carried));
    const overSocket = path === undefined ? carried : addressOnly(carried);
    if (!carriesNothing(overSocket)) servers.push(overSocket);
    if (path === undefined) continue;
    const line = stateLine(pair, carried);
    const same = lines.get(path);
    if (same === undefined) lines.set(path, [line]);
    else same.push(line);
  }
  return { servers, files: [...lines].map(toFile), losses };
}

const RUNNING = 2;

/** Up, and as its line says: there is nothing that anybody could have changed. */
function isAsWritten(state: ServerState, backend: WantedBackend | undefined): boolean {
  const { operational, admin, weight, initialWeight } = state;
  if (operational !== RUNNING || admin !== 0 || weight !== initialWeight) return false;
  if (isSwitchedOff(state.checkState) || isSwitchedOff(state.agentState)) return false;
  return backend?.address(state.server) === `${state.address}:${state.port}`;
}

/** What HAProxy does not take from a state file: the address of a server that has no name. */
function addressOnly({ server, address }: CarriedServer): CarriedServer {
  return {
    server,
    state: null,
    weight: null,
    down: null,
    healthOff: false,
    agentOff: false,
    address,
  };
}

function toFile([path, states]: readonly [string, readonly ServerState[]]): StateFile {
  const content = Buffer.from(printServerStates(states), 'latin1');
  return { path, contentBase64: content.toString('base64') };
}
