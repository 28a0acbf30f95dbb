import type { Host, Socket } from '../host/host.js';
import { listenersOf, type Listener } from '../haproxy/listeners.js';
import { hostOf, portOf } from '../host/endpoint.js';
import type { GracefulFacts } from '../methods/graceful.js';
import { apacheSettings, parseApacheDump, type ApacheDump } from '../services/apache-settings.js';
import { parseBuild, parseDump } from '../services/nginx-dump.js';
import { nginxSettings } from '../services/nginx-settings.js';
import { nginx } from '../services/nginx.js';
import type { Listens, Service } from '../services/service.js';
import { environmentOf, type RunLike } from './service-check.js';
import type { RunningService } from './service-instance.js';

export interface ServiceFacts {
  readonly graceful: GracefulFacts;
  /** Addresses of the configuration on which the running one does not listen yet. */
  readonly added: readonly Place[];
  /** Addresses on which it listens and which the configuration does not name. */
  readonly removed: readonly Listener[];
  /** The workers have read the files as they are. */
  readonly filesAsRead: boolean;
}

export type Place = Pick<Socket, 'family' | 'local'>;

interface Read {
  readonly listens: readonly Listens[];
  readonly files: readonly string[];
  readonly judged: Pick<
    GracefulFacts,
    'cutsIdleClients' | 'shutdownTimeout' | 'closesSockets' | 'errorLogs'
  >;
}

/**
 * What the configuration says, read by the program itself, and how it runs now.
 *
 * @param printed by the check: nginx prints all files that it has read
 */
export async function gatherServiceFacts(
  host: Host,
  service: Service,
  running: RunningService,
  run: RunLike,
  printed: string,
): Promise<ServiceFacts> {
  const { master, workers, started } = running;
  const read =
    service.name === 'nginx'
      ? await readNginx(run, running, printed)
      : await readApache(host, service, run, running);
  const held = await listenersOf(host, master);
  const wanted = withoutCovered(read.listens.filter(({ udp }) => !udp).filter(isAddress));
  const kept = held.filter((one) => wanted.some((place) => isOn(one, place)));
  return {
    graceful: {
      service: service.name,
      label: service.label,
      master: { pid: master.pid, startTicks: master.startTicks },
      workers: workers.map(({ pid, startTicks }) => ({ pid, startTicks })),
      listeners: places(kept),
      startArgv: service.startArgv(started, { program: master.exe }),
      ...read.judged,
    },
    added: wanted.filter((place) => !held.some((one) => isOn(one, place))),
    removed: held.filter((one) => !kept.includes(one)),
    filesAsRead: await areOlder(host, read.files, workers),
  };
}

async function readNginx(
  run: RunLike,
  { master, started, workers }: RunningService,
  printed: string,
): Promise<Read> {
  const { stderr, stdout: stdoutOfV } = await run([master.exe, '-V']);
  const build = parseBuild(`${stderr}\n${stdoutOfV}`);
  const dump = parseDump(printed);
  const settings = nginxSettings(`${started.directives}\n${dump.text}`);
  const prefix = optionAfter(started.others, '-p') ?? build.prefix;
  const logs = [...settings.errorLogs, optionAfter(started.others, '-e') ?? build.errorLog];
  const count = Number(settings.workerProcesses);
  const fewer = settings.reuseport && Number.isInteger(count) && count < workers.length;
  return {
    listens: nginx.listens(dump.text),
    files: dump.files.map(({ path }) => path),
    judged: {
      cutsIdleClients: settings.keepsIdleClients && !settings.sparesIdleClients,
      shutdownTimeout: settings.shutdownTimeout,
      closesSockets: fewer ? { from: workers.length, to: count } : undefined,
      errorLogs: [...new Set(logs.filter(isFile).map((path) => under(prefix, path)))],
    },
  };
}

async function readApache(
  host: Host,
  service: Service,
  run: RunLike,
  running: RunningService,
): Promise<Read> {
  const { text, dump, defines } = await readApacheText(host, service, run, running);
  const environment = await environmentOf(host, service, running.master.pid);
  const settings = apacheSettings(text, dump.modules, environment, defines);
  return {
    listens: settings.listens,
    files: dump.files,
    judged: {
      cutsIdleClients: settings.keepsIdleClients,
      shutdownTimeout: undefined,
      closesSockets: undefined,
      errorLogs: dump.errorLog === undefined ? [] : [dump.errorLog],
    },
  };
}

export interface ApacheText {
  /** All its files, one after the other, and what its words say. */
  readonly text: string;
  readonly dump: ApacheDump;
  /** Names given with `-D`. */
  readonly defines: readonly string[];
}

export async function readApacheText(
  host: Host,
  service: Service,
  run: RunLike,
  { master, started }: RunningService,
): Promise<ApacheText> {
  const dumps = ['DUMP_INCLUDES', 'DUMP_RUN_CFG', 'DUMP_MODULES'].flatMap((name) => ['-D', name]);
  const argv = [...service.startArgv(started, { program: master.exe }), '-t', ...dumps];
  const { stdout } = await run(argv);
  const dump = parseApacheDump(stdout);
  const texts = await Promise.all(
    dump.files.map(async (path) => (await host.files.read(path))?.toString('utf8') ?? ''),
  );
  const given = started.others.flatMap((word, at) =>
    started.others[at - 1] === '-C' || started.others[at - 1] === '-c' ? [word] : [],
  );
  const defines = started.others.filter((_, at) => started.others[at - 1] === '-D');
  return { text: [...given, ...texts].join('\n'), dump, defines };
}

function optionAfter(words: readonly string[], name: string): string | undefined {
  const at = words.indexOf(name);
  return at < 0 ? undefined : words[at + 1];
}

function isFile(log: string): boolean {
  return log !== 'stderr' && !/^(syslog|memory):/.test(log);
}

function under(folder: string, path: string): string {
  return path.startsWith('/') ? path : `${folder.replace(/\/$/, '')}/${path}`;
}

/** A host name cannot be compared with what the kernel shows. */
function isAddress({ family, local }: Place): boolean {
  return family !== 'ipv4' || /^\d+(\.\d+){3}:\d+$/.test(local);
}

function isOn(held: Place, wanted: Place): boolean {
  if (held.family === wanted.family && held.local === wanted.local) return true;
  // Without IPv6, Apache's `Listen 80` is 0.0.0.0:80.
  return hostOf(wanted.local) === '[::]' && held.local === `0.0.0.0:${portOf(wanted.local)}`;
}

/** nginx opens no socket of its own for an address whose port it has on all addresses. */
function withoutCovered(wanted: readonly Place[]): readonly Place[] {
  const any = { ipv4: '0.0.0.0', ipv6: '[::]', unix: '' } as const;
  const has = (family: Place['family'], local: string): boolean =>
    wanted.some((other) => other.family === family && other.local === local);
  return wanted.filter(({ family, local }) => {
    const wildcard = `${any[family]}:${portOf(local)}`;
    return family === 'unix' || local === wildcard || !has(family, wildcard);
  });
}

/** With `reuseport` several sockets have one address. */
function places(listeners: readonly Listener[]): readonly Place[] {
  const seen = new Map(
    listeners.map(({ family, local }) => [`${family} ${local}`, { family, local }]),
  );
  return [...seen.values()];
}

async function areOlder(
  host: Host,
  files: readonly string[],
  workers: RunningService['workers'],
): Promise<boolean> {
  const oldestMs = Math.max(...workers.map(({ ageMs }) => ageMs));
  const startedMs = host.clock.now() - oldestMs;
  const infos = await Promise.all(files.map(async (path) => await host.files.info(path)));
  return infos.every((info) => info !== undefined && info.modifiedMs < startedMs);
}
