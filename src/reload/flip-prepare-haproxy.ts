import { usage } from '../error.js';
import { maxconnPerProxy, parseArguments } from '../haproxy/arguments.js';
import { globalsOf } from '../haproxy/config/globals.js';
import { resolve } from '../haproxy/config/resolve.js';
import { areOlder, readConfigFiles } from '../haproxy/config-files.js';
import { findInstance } from '../haproxy/instance.js';
import type { Runtimes } from '../haproxy/runtime/runtimes.js';
import type { Host, ProcessInfo } from '../host/host.js';
import type { StateFacts } from '../methods/facts.js';
import type { QuiesceFacts } from '../methods/flip-facts.js';
import type { Check } from './check-config.js';
import { userOf } from './flip-command.js';
import { servingAt, type Serving } from './flip-doors.js';
import {
  argumentsOf,
  doorsIn,
  environmentOf,
  filesOfActive,
  quiesceOf,
  refuseOthers,
  standbyOf,
} from './flip-haproxy.js';
import { idOf, portsOf, type Prepared, type Scene } from './flip-prepared.js';
import type { FlipService } from './flip-request.js';
import { withoutSuffix } from '../steps/instance-name.js';
import { gatherState, NO_STATE } from './state-facts.js';
import { freePorts } from './standby-ports.js';

/** HAProxy: the next instance has the user's files with other ports. */
export async function prepareHaproxy(
  { host, request, ruleset, stateDir }: Scene,
  service: Extract<FlipService, { kind: 'haproxy' }>,
  runtimes: Runtimes,
): Promise<Prepared> {
  const { names, cwd } = await configOf(host, service);
  const files = await readConfigFiles(host, names, cwd);
  const doors = doorsIn(files, await environmentOf(host, null));
  if (doors.length === 0) throw usage(`${names.join(', ')} listens on no TCP port`);
  const serving = await servingAt(host, host.self.pid, ruleset, doors);
  refuseOthers(serving.leader, doors);
  const ports = await freePorts(host, host.self.pid, ruleset, portsOf(doors), request.ports);
  const { leader } = serving;
  const check: Check = {
    arguments: argumentsOf(leader),
    program: leader?.exe ?? 'haproxy',
    files,
    cwd: leader?.cwd ?? cwd,
    environment: await environmentOf(host, leader),
    namespacesOf: (leader ?? host.self).pid,
    user: await startUser(host, leader, files),
    stateDir,
  };
  const quiesce = await quiesceOf(host, runtimes, serving);
  const { check: validate, ownSockets, ...made } = standbyOf(host, check, ports);
  await validate();
  const state = await stateOf(host, runtimes, quiesce, check, leader);
  return {
    owner: `haproxy ${names.join(' ')}`,
    doors,
    serving,
    ports,
    unverified: unverified(serving, quiesce),
    lostState: state.losses,
    active: { stopSignal: 'SIGUSR1', files: await filesOfActive(host, leader), quiesce },
    standby: {
      ...made,
      cwd: check.cwd,
      user: check.user,
      like: leader === null ? null : idOf(leader),
      environment: null,
      checkArgv: null,
      daemonizes: true,
      logFile: null,
      stopSignal: 'SIGUSR1',
      states: {
        servers: state.servers,
        files: state.files,
        sockets: ownSockets,
      },
    },
  };
}

/** Of the instance that serves; its files differ from the user's in ports and names alone. */
async function stateOf(
  host: Host,
  runtimes: Runtimes,
  active: QuiesceFacts | null,
  { files, cwd }: Check,
  leader: ProcessInfo | null,
): Promise<StateFacts> {
  if (active === null || leader === null) return NO_STATE;
  const config = resolve(files.map(({ document }) => document));
  const startedMs = host.clock.now() - leader.ageMs;
  const connection = await runtimes.to(active.process, active.sockets);
  const former = areOlder(files, startedMs) ? config : null;
  return await gatherState(host, connection, true, {
    config,
    former,
    cwd,
    startedMs,
    perProxy: maxconnPerProxy(parseArguments(leader.argv)),
    keepRuntime: false,
  });
}

/** The files named, else the user's own files of the HAProxy that runs. */
async function configOf(
  host: Host,
  { configFiles }: Extract<FlipService, { kind: 'haproxy' }>,
): Promise<{ readonly names: readonly string[]; readonly cwd: string }> {
  if (configFiles !== null) return { names: configFiles, cwd: '/' };
  const { leader } = await findInstance(host, {});
  const names = parseArguments(leader.argv).configFiles.map(withoutSuffix);
  return { names, cwd: leader.cwd };
}

/** A process that dropped its privileges by `user` or `uid` was started as root. */
async function startUser(
  host: Host,
  leader: ProcessInfo | null,
  files: Check['files'],
): Promise<{ readonly uid: number; readonly gid: number }> {
  if (leader === null) return await userOf(host);
  const globals = globalsOf(resolve(files.map(({ document }) => document)));
  const dropped = leader.uid !== 0 && (globals.user ?? globals.uid) !== undefined;
  return dropped ? { uid: 0, gid: 0 } : { uid: leader.uid, gid: leader.gid };
}

function unverified({ leader }: Serving, quiesce: QuiesceFacts | null): string | null {
  if (leader === null || quiesce !== null) return null;
  return (
    `pid ${leader.pid} has no stats socket with level admin: a client that is idle when ` +
    '--drain-timeout is over may lose a request'
  );
}
