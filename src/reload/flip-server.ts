import { portOf } from '../host/endpoint.js';
import { basename } from 'node:path';
import { refused } from '../error.js';
import { leadersOf, ownersOf } from '../host/family.js';
import type { Host, ProcessInfo } from '../host/host.js';
import { FLIP_TABLE } from '../host/nft-flip.js';
import { portElements } from '../host/nft-list.js';
import { parseApacheDump } from '../services/apache-settings.js';
import { apacheInlined } from '../services/includes.js';
import { globPattern, parseDump } from '../services/nginx-dump.js';
import { SERVICES } from '../services/registry.js';
import type { Listens, Service } from '../services/service.js';
import { servingAt } from './flip-doors.js';
import { doorsFor, idOf, portsOf, type Prepared, type Scene } from './flip-prepared.js';
import type { FlipService } from './flip-request.js';
import { checkService, environmentOf, runLike, type RunLike } from './service-check.js';
import { findService, type RunningService } from './service-instance.js';
import { suffixOf, withoutSuffix } from '../steps/instance-name.js';
import { freePorts } from './standby-ports.js';

type ServerService = Extract<FlipService, { kind: 'nginx' | 'apache' }>;

/** nginx and Apache: the next instance has one file, with every include in its place. */
export async function prepareServer(scene: Scene, wanted: ServerService): Promise<Prepared> {
  const { host, request, ruleset } = scene;
  const service = SERVICES[wanted.kind];
  const running = ofUser(await findRunning(scene, service, wanted.pid));
  const run = await runLike(host, service, running);
  const environment = await environmentOf(host, service, running.master.pid);
  const { path, text } = await wholeText(host, run, service, running, environment);
  const listens = service.listens(text, environment);
  refuseUnmovable(service, listens, path);
  const doors = doorsFor(listens);
  const serving = await servingAt(host, host.self.pid, ruleset, doors);
  const ports = await freePorts(host, host.self.pid, ruleset, portsOf(doors), request.ports);
  const own = standbyFiles(path, ports);
  const { master, started } = running;
  const options = { program: master.exe, configFile: own.config, pidFile: own.pidFile };
  const content = service.standbyText(started, text, {
    ports,
    pidFile: own.pidFile,
    environment,
  });
  const stays = staysInForeground(service, running, text);
  return {
    owner: `${service.name} ${path}`,
    doors,
    serving,
    ports,
    unverified: unverified(service, master.pid),
    active: {
      stopSignal: service.gracefulStopSignal,
      files: await filesOf(running, host),
      quiesce: null,
    },
    standby: {
      argv: service.startArgv(started, options),
      cwd: master.cwd,
      user: { uid: master.uid, gid: master.gid },
      like: idOf(master),
      // What can be learnt is read again when it is needed: it may hold secrets, the journal not.
      environment: service.name === 'nginx' ? environment : null,
      checkArgv: service.checkArgv(started, options),
      daemonizes: !stays,
      logFile: null,
      files: [
        {
          path: own.config,
          contentBase64: Buffer.from(content, 'utf8').toString('base64'),
          mode: FILE_MODE,
        },
      ],
      leaves: [own.pidFile],
      token: own.config,
      stopSignal: service.gracefulStopSignal,
      sockets: [],
      pidFile: null,
    },
  };
}

const FILE_MODE = 0o600;

/** While an old instance drains two are running: the one that the map leads to is meant. */
async function findRunning(
  { host, ruleset }: Scene,
  service: Service,
  pid: number | null,
): Promise<RunningService> {
  if (pid !== null) return await findService(host, service, { pid });
  const placed = new Set(portElements(ruleset, FLIP_TABLE).map(({ port }) => port));
  const inodes = (await host.sockets.listeners(host.self.pid))
    .filter(({ local }) => placed.has(portOf(local)))
    .map(({ inode }) => inode);
  const isOne = ({ exe, foreign }: ProcessInfo): boolean =>
    service.programs.includes(basename(exe)) && !foreign.net;
  const placedOnes = (await ownersOf(host, inodes)).filter(isOne);
  const all = (await host.processes.named('')).filter(isOne);
  const candidates = placedOnes.length > 0 ? placedOnes : leadersOf(all);
  const [only] = candidates;
  const target = candidates.length === 1 && only !== undefined ? { pid: only.pid } : {};
  return await findService(host, service, target);
}

/** The user's own file, where the running one has a copy of it. */
function ofUser(running: RunningService): RunningService {
  const { configFile } = running.started;
  if (configFile === undefined) return running;
  return { ...running, started: { ...running.started, configFile: withoutSuffix(configFile) } };
}

interface WholeText {
  /** Of the main file. */
  readonly path: string;
  /** With every include in its place. */
  readonly text: string;
}

/** Has the program check the user's files, and reads them as it does. */
async function wholeText(
  host: Host,
  run: RunLike,
  service: Service,
  running: RunningService,
  environment: Readonly<Record<string, string>>,
): Promise<WholeText> {
  const printed = await checkService(run, service, running);
  if (service.name === 'nginx') {
    const { files, text } = parseDump(printed);
    return { path: mainOf(service, files[0]?.path), text };
  }
  const { started, master } = running;
  const defines = ['DUMP_INCLUDES', 'DUMP_RUN_CFG'].flatMap((name) => ['-D', name]);
  const argv = [...service.startArgv(started, { program: master.exe }), '-t', ...defines];
  const { stdout } = await run(argv);
  const paths = parseApacheDump(stdout).files;
  const texts = new Map<string, string>();
  for (const path of paths) {
    texts.set(path, (await host.files.read(path))?.toString('utf8') ?? '');
  }
  const root = /^ServerRoot: "(\/.*)"$/m.exec(stdout)?.[1] ?? '/etc/apache2';
  const path = mainOf(service, paths[0]);
  const included = (pattern: string): readonly { path: string; text: string }[] => {
    const matches = globPattern(pattern.startsWith('/') ? pattern : `${root}/${pattern}`);
    return [...texts]
      .filter(([name]) => matches.test(name))
      .map(([name, text]) => ({ path: name, text }))
      .sort((a, b) => (a.path < b.path ? -1 : 1));
  };
  return { path, text: apacheInlined(texts.get(path) ?? '', included, environment) };
}

function mainOf(service: Service, path: string | undefined): string {
  if (path !== undefined) return path;
  throw refused('config-unreadable', `${service.label} does not tell which files it reads`, {
    hint: `"${service.programs[0] ?? ''} -t" shows what is wrong`,
  });
}

function refuseUnmovable(service: Service, listens: readonly Listens[], path: string): void {
  const unmovable = listens.find(({ family, udp }) => family === 'unix' || udp);
  if (unmovable === undefined && listens.length > 0) return;
  const what = unmovable === undefined ? 'it listens nowhere' : `it listens on ${unmovable.local}`;
  throw refused('method-unusable', `${path} cannot be flipped: ${what}`, {
    subject: path,
    hint: `only TCP ports can be flipped; use "hitless reload --service ${service.name}"`,
  });
}

/** Names of its own, beside the user's file. */
function standbyFiles(
  path: string,
  ports: ReadonlyMap<number, number>,
): { readonly config: string; readonly pidFile: string } {
  const suffix = suffixOf([...ports.values()][0] ?? 0);
  return { config: `${path}${suffix}`, pidFile: `/run/hitless${suffix}.pid` };
}

/** What only the running one has. */
async function filesOf({ master }: RunningService, host: Host): Promise<readonly string[]> {
  const words = master.argv.flatMap((word) => word.split(' '));
  const config = words.find((word) => /\.flip-\d+$/.test(word));
  if (config === undefined || (await host.files.info(config)) === undefined) return [];
  const port = Number(/\d+$/.exec(config)?.[0]);
  return [config, `/run/hitless${suffixOf(port)}.pid`];
}

function staysInForeground(
  service: Service,
  { started, master }: RunningService,
  text: string,
): boolean {
  if (service.name === 'nginx') return /\bdaemon\s+off\s*;/.test(`${started.directives} ${text}`);
  const words = master.argv.join(' ');
  return /(?:^| )(?:-D ?FOREGROUND|-DNO_DETACH|-X)(?: |$)/.test(words);
}

function unverified({ label, gracefulStopSignal }: Service, pid: number): string {
  return (
    `a client that is still connected to pid ${pid} when --drain-timeout is over may lose a request: ` +
    `${label} closes idle connections on ${gracefulStopSignal}`
  );
}
