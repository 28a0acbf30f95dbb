import { basename } from 'node:path';
import { usage } from '../error.js';
import type { Host } from '../host/host.js';
import type { Door } from '../host/nft-flip.js';
import { servingAt, type Serving } from './flip-doors.js';
import { portsOf, type OwnedDoor, type Prepared, type Scene } from './flip-prepared.js';
import type { FlipService, PublicPort } from './flip-request.js';
import { freePorts } from './standby-ports.js';

type CommandService = Extract<FlipService, { kind: 'command' }>;

/** Any program that is told on which port to listen. */
export async function prepareCommand(
  { host, request, ruleset, stateDir }: Scene,
  service: CommandService,
): Promise<Prepared> {
  const doors = doorsOf(service.doors);
  const serving = await servingAt(host, host.self.pid, ruleset, doors);
  const ports = await freePorts(host, host.self.pid, ruleset, portsOf(doors), request.ports);
  const stopSignal = request.stopSignal ?? 'SIGTERM';
  const [port = 0] = ports.values();
  return {
    owner: ownerText(service),
    doors: await owned(host, doors, serving),
    serving,
    ports,
    unverified: unverified(serving, stopSignal),
    active: { stopSignal, files: [...logOf(stateDir, serving.ports)], quiesce: null },
    standby: {
      argv: withPorts(service.argv, ports),
      cwd: service.cwd,
      user: await userOf(host),
      like: null,
      environment: null,
      checkArgv: null,
      daemonizes: false,
      logFile: stateDir === null ? null : logFileOf(stateDir, port),
      files: [],
      leaves: [],
      token: null,
      stopSignal,
      sockets: [],
      pidFile: null,
    },
  };
}

function logFileOf(stateDir: string, port: number): string {
  return `${stateDir}/instance-${port}.log`;
}

function logOf(stateDir: string | null, ports: readonly number[]): readonly string[] {
  return stateDir === null ? [] : ports.map((port) => logFileOf(stateDir, port));
}

/** The next instance has to take at least those families that the running one takes. */
async function owned(
  host: Host,
  doors: readonly Door[],
  { inodes }: Serving,
): Promise<readonly OwnedDoor[]> {
  const listening = (await host.sockets.listeners(host.self.pid)).filter(({ inode }) =>
    inodes.includes(inode),
  );
  const families = new Set(listening.map(({ family }) => family));
  if (families.size === 0) families.add('ipv4');
  return doors.map((door) => ({ ...door, own: door.host !== null || families.has(door.family) }));
}

/** Nothing is known of how it ends. */
function unverified({ leader }: Serving, signal: string): string | null {
  if (leader === null) return null;
  return (
    `a client that is still connected to pid ${leader.pid} when --drain-timeout is over depends on ` +
    `what its program does on ${signal}`
  );
}

/** Every local address of both families, or the one that was named. */
function doorsOf(ports: readonly PublicPort[]): readonly Door[] {
  return ports.flatMap(({ host, port }): readonly Door[] =>
    host === null
      ? [
          { family: 'ipv4', host, port },
          { family: 'ipv6', host, port },
        ]
      : [{ family: host.includes(':') ? 'ipv6' : 'ipv4', host, port }],
  );
}

/**
 * The command line with the ports of the instance in it.
 *
 * @throws HitlessError `usage` when the instance would not be told one of its ports
 */
export function withPorts(
  argv: readonly string[],
  ports: ReadonlyMap<number, number>,
): readonly string[] {
  const told = new Set<number>();
  const only = ports.size === 1 ? [...ports.keys()][0] : undefined;
  const words = argv.map((word) =>
    word.replaceAll(/\{port(?::(\d+))?\}/g, (text, named: string | undefined) => {
      const port = named === undefined ? only : Number(named);
      const own = port === undefined ? undefined : ports.get(port);
      if (port === undefined || own === undefined) throw unknownPlaceholder(text, ports);
      told.add(port);
      return String(own);
    }),
  );
  const untold = [...ports.keys()].find((port) => !told.has(port));
  if (untold === undefined) return words;
  const placeholder = ports.size === 1 ? '{port}' : `{port:${untold}}`;
  throw usage(
    `the command does not say ${placeholder}: the new instance would not know its port`,
    `write ${placeholder} where the program is told the port on which it listens`,
  );
}

function unknownPlaceholder(text: string, ports: ReadonlyMap<number, number>): Error {
  const names = [...ports.keys()].map((port) => `{port:${port}}`).join(', ');
  return usage(`${text} stands for no port of this flip`, `write one of ${names}`);
}

function ownerText({ argv }: CommandService): string {
  return `command ${basename(argv[0] ?? '')}`;
}

/** As whoever calls hitless. */
export async function userOf(host: Host): Promise<{ readonly uid: number; readonly gid: number }> {
  const self = await host.processes.info(host.self.pid);
  return { uid: self?.uid ?? 0, gid: self?.gid ?? 0 };
}
