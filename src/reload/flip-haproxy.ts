import { portOf } from '../host/endpoint.js';
import { basename, resolve as absolutePath } from 'node:path';
import { refused } from '../error.js';
import { parseArguments, startArgv, type Arguments } from '../haproxy/arguments.js';
import { print } from '../haproxy/config/document.js';
import { globalsOf } from '../haproxy/config/globals.js';
import { resolve } from '../haproxy/config/resolve.js';
import { listeningPorts, standbyDocuments } from '../haproxy/config/standby.js';
import { readConfigFiles, type ConfigFile } from '../haproxy/config-files.js';
import { wantedListeners } from '../haproxy/config-listeners.js';
import { startEnvironment } from '../haproxy/environment.js';
import { parseLevel, parseStat } from '../haproxy/runtime/answers.js';
import type { Runtimes } from '../haproxy/runtime/runtimes.js';
import type { Host, ProcessInfo } from '../host/host.js';
import type { Door } from '../host/nft-flip.js';
import type { QuiesceFacts, StandbyInstance } from '../methods/flip-facts.js';
import { SUFFIX, suffixOf, withoutSuffix } from '../steps/instance-name.js';
import type { GeneratedFile } from '../steps/write-files.js';
import { checkConfig, type Check } from './check-config.js';
import type { Serving } from './flip-doors.js';
import { doorsFor, type OwnedDoor } from './flip-prepared.js';

/** The addresses that clients know, as the user's files have them. */
export function doorsIn(
  files: readonly ConfigFile[],
  environment: Readonly<Record<string, string>>,
): readonly OwnedDoor[] {
  const documents = files.map(({ document }) => document);
  // Refuses what cannot be moved, and knows the TCP ports of the process's own sockets.
  const ports = new Set(listeningPorts(documents));
  const { listeners } = wantedListeners(resolve(documents), environment);
  return doorsFor(listeners.filter(({ local }) => ports.has(portOf(local))));
}

/** How the running one was started, or how the first one is to be. */
export function argumentsOf(active: ProcessInfo | null): Arguments {
  const args = parseArguments(active?.argv ?? ['haproxy']);
  return {
    ...args,
    masterWorker: false,
    masterSocket: undefined,
    others: args.others.filter((word) => word !== '-Ws'),
  };
}

export function refuseOthers(active: ProcessInfo | null, doors: readonly Door[]): void {
  if (active === null || basename(active.exe).startsWith('haproxy')) return;
  const port = doors[0]?.port ?? 0;
  throw refused(
    'port-taken',
    `port ${port} belongs to pid ${active.pid} (${active.argv.join(' ')})`,
    {
      subject: `pid ${active.pid}`,
      hint: 'it is no HAProxy: name another configuration, or flip it with --port',
    },
  );
}

export interface HaproxyStandby
  extends Pick<StandbyInstance, 'argv' | 'files' | 'leaves' | 'token' | 'sockets' | 'pidFile'> {
  /** The same sockets under the names that the next instance gives them. */
  readonly ownSockets: readonly string[];
  readonly check: () => Promise<void>;
}

/** The configuration of the next instance, and the command that starts it. */
export function standbyOf(
  host: Host,
  check: Check,
  ports: ReadonlyMap<number, number>,
): HaproxyStandby {
  const suffix = suffixOf([...ports.values()][0] ?? 0);
  const documents = check.files.map(({ document }) => document);
  const standby = standbyDocuments(documents, ports, suffix);
  const contents = standby.documents.map((document) => print(document));
  const changed = check.files.flatMap((file, at) => {
    const content = contents[at];
    return content === undefined || content.equals(file.content) ? [] : [{ file, content }];
  });
  const names = new Map(changed.map(({ file }) => [file.path, `${file.path}${suffix}`]));
  const files: readonly GeneratedFile[] = changed.map(({ file, content }) => ({
    path: `${file.absolutePath}${suffix}`,
    contentBase64: content.toString('base64'),
    mode: FILE_MODE,
  }));
  const named = check.arguments.pidFile;
  const pidFile = named === undefined ? null : absolutePath(check.cwd, withoutSuffix(named));
  const ownSockets = standby.sockets.map(({ to }) => absolutePath(check.cwd, to));
  return {
    argv: [
      ...startArgv(check.arguments, {
        program: check.program,
        configFiles: check.files.map(({ path }) => names.get(path) ?? path),
        asDaemon: true,
      }),
      // A name of its own, from which the next flip learns the one that others know.
      ...(pidFile === null ? [] : ['-p', `${pidFile}${suffix}`]),
    ],
    files,
    leaves: [
      ...ownSockets,
      ...[pidFile, standby.pidFile].flatMap((path) =>
        path === null ? [] : [absolutePath(check.cwd, `${path}${suffix}`)],
      ),
    ],
    token: files[0]?.path ?? null,
    sockets: standby.sockets.map(({ from }) => absolutePath(check.cwd, from)),
    ownSockets,
    pidFile: pidFile ?? standby.pidFile,
    check: async () =>
      await checkConfig(
        host,
        check,
        changed.map(({ file, content }) => ({ file, content, summary: 'other ports' })),
      ),
  };
}

/** It may name users and passwords. */
const FILE_MODE = 0o600;

/** What only the running instance has: files and sockets with its suffix. */
export async function filesOfActive(
  host: Host,
  active: ProcessInfo | null,
): Promise<readonly string[]> {
  if (active === null) return [];
  const { configFiles, pidFile } = parseArguments(active.argv);
  const own = configFiles.filter((path) => SUFFIX.test(path));
  if (own.length === 0) return [];
  const files = await readConfigFiles(host, own, active.cwd).catch(() => []);
  const { statsSockets, pidfile } = globalsOf(resolve(files.map(({ document }) => document)));
  const paths = [
    ...statsSockets.map(({ address: { path } }) => path),
    pidFile,
    pidfile?.value,
    ...own,
  ];
  return paths
    .filter((path) => path !== undefined && SUFFIX.test(path))
    .map((path) => absolutePath(active.cwd, path ?? ''));
}

/** How the running instance can be asked to let idle clients go. */
export async function quiesceOf(
  host: Host,
  runtimes: Runtimes,
  { leader, inodes }: Serving,
): Promise<QuiesceFacts | null> {
  if (leader === null) return null;
  const process = await servingProcess(host, leader, inodes);
  const names = parseArguments(leader.argv).configFiles;
  const files = await readConfigFiles(host, names, leader.cwd).catch(() => []);
  const all = globalsOf(resolve(files.map(({ document }) => document))).statsSockets;
  const sockets = all.flatMap(({ address: { family, path } }) =>
    family === 'unix' && path !== undefined ? [path] : [],
  );
  if (sockets.length === 0) return null;
  const connection = await runtimes.to(process, sockets);
  if (parseLevel(await connection.ask('show cli level')) !== 'admin') return null;
  const rows = parseStat(await connection.ask('show stat -1 1 -1'));
  return { process, sockets, frontends: rows.map(({ pxname }) => pxname) };
}

/** Of a master's family the worker that accepts. */
async function servingProcess(
  host: Host,
  leader: ProcessInfo,
  inodes: readonly number[],
): Promise<{ readonly pid: number; readonly startTicks: number }> {
  const workers = (await host.processes.named('haproxy')).filter(
    ({ parentPid }) => parentPid === leader.pid,
  );
  for (const worker of workers.reverse()) {
    const own = await host.sockets.inodesOf(worker.pid);
    if (inodes.some((inode) => own.has(inode))) {
      return { pid: worker.pid, startTicks: worker.startTicks };
    }
  }
  return { pid: leader.pid, startTicks: leader.startTicks };
}

/** The environment that the next instance is started and checked with. */
export async function environmentOf(
  host: Host,
  active: ProcessInfo | null,
): Promise<Readonly<Record<string, string>>> {
  const pid = active?.pid ?? host.self.pid;
  const environment = await host.processes.environment(pid);
  if (environment !== undefined) return startEnvironment(environment);
  throw refused('permission', `cannot read the environment of pid ${pid}`, {
    subject: `pid ${pid}`,
    hint: 'run hitless as root, or as the user who started HAProxy',
  });
}
