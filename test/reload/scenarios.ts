import { parse, print, type Document } from '../../src/haproxy/config/document.js';
import type { MethodName } from '../../src/methods/method.js';
import type { FileEdit, ReloadRequest } from '../../src/reload/request.js';
import { callHaproxy, workersOf } from '../fakes/haproxy.js';
import { runtimeValuesOf } from '../fakes/runtime.js';
import type { FakeProcess } from '../fakes/world.js';
import { World } from '../fakes/world.js';

export const CONFIG_PATH = '/etc/haproxy/haproxy.cfg';
export const PID_PATH = '/run/haproxy.pid';
export const STATE_DIR = '/var/lib/hitless';
export const STATES_PATH = '/var/lib/haproxy/states';
export const MIGRATE = 'net.ipv4.tcp_migrate_req';

/** One way to reload one kind of HAProxy. */
export interface Scenario {
  readonly name: string;
  readonly method: MethodName;
  readonly masterWorker: boolean;
  readonly masterSocket?: boolean;
  /** It stays in the foreground, and a supervisor starts it again when it ends. */
  readonly supervised?: boolean;
  readonly statsSocket: string;
  readonly binds: readonly string[];
  readonly edit: boolean;
  readonly allowLoss?: boolean;
  /** The method itself promises that somebody accepts at every instant. */
  readonly alwaysServed: boolean;
  /** A server was put in maintenance at run time; HAProxy is told so, or reads it from a file. */
  readonly states?: 'socket' | 'file';
}

const FULL = 'level admin expose-fd listeners';
const TCP = ['0.0.0.0:8080', '127.0.0.1:8443'];

const KINDS: readonly Omit<Scenario, 'edit'>[] = [
  daemon('fd-pass', 'fd-pass', FULL, [...TCP, '/run/web.sock']),
  daemon('fd-pass with a socket that is not passed', 'fd-pass', FULL, [...TCP, '::1:8081']),
  daemon('quiesce', 'quiesce', FULL, [...TCP, '/run/web.sock']),
  daemon('migrate', 'migrate', 'level admin', TCP),
  daemon('migrate without admin level', 'migrate', 'level user', TCP),
  {
    ...daemon('migrate of unix sockets', 'migrate', 'level admin', [...TCP, '/run/web.sock']),
    allowLoss: true,
  },
  daemon('syn-hold', 'syn-hold', 'level admin', TCP),
  daemon('syn-drop', 'syn-drop', 'level admin', TCP),
  daemon('syn-drop without admin level', 'syn-drop', 'level user', [...TCP, '::1:8081']),
  { ...daemon('plain', 'plain', 'level admin', TCP), allowLoss: true, alwaysServed: false },
  {
    ...daemon('master with a socket', 'fd-pass', FULL, TCP),
    masterWorker: true,
    masterSocket: true,
  },
  { ...daemon('master without a socket', 'fd-pass', FULL, TCP), masterWorker: true },
  { ...daemon('supervised', 'quiesce', FULL, TCP), supervised: true },
  { ...daemon('supervised, by fd-pass', 'fd-pass', FULL, TCP), supervised: true },
  { ...daemon('supervised, by migrate', 'migrate', 'level admin', TCP), supervised: true },
];

function daemon(
  name: string,
  method: MethodName,
  statsSocket: string,
  binds: readonly string[],
): Omit<Scenario, 'edit'> {
  return { name, method, statsSocket, binds, masterWorker: false, alwaysServed: true };
}

export const SCENARIOS: readonly Scenario[] = KINDS.flatMap((kind) => [
  { ...kind, edit: false },
  { ...kind, name: `${kind.name}, with an edit`, edit: true },
]);

const CARRYING = [
  ...['quiesce', 'fd-pass', 'migrate', 'plain', 'master with a socket', 'supervised'],
  'syn-drop',
];

/** With a server in maintenance, which stays there whatever happens. */
export const STATE_SCENARIOS: readonly Scenario[] = KINDS.filter(({ name }) =>
  CARRYING.includes(name),
).flatMap((kind) =>
  (['socket', 'file'] as const).map((states) => ({
    ...kind,
    name: `${kind.name}, states by ${states}`,
    edit: states === 'socket',
    states,
  })),
);

export function scenarioNamed(name: string): Scenario {
  const found = SCENARIOS.find((scenario) => scenario.name === name);
  if (found === undefined) throw new TypeError(`no scenario ${name}`);
  return found;
}

export function configText(scenario: Scenario): string {
  return [
    'global',
    `  stats socket /run/stats.sock mode 600 ${scenario.statsSocket}`,
    ...(scenario.states === 'file' ? [`  server-state-file ${STATES_PATH}`] : []),
    'defaults',
    ...(scenario.states === 'file' ? ['  load-server-state-from-file global'] : []),
    '  mode http',
    '  option idle-close-on-response',
    '  timeout client 1s',
    ...scenario.binds.flatMap((bind, at) => [`frontend web${at}`, `  bind ${bind}`]),
    'backend app',
    '  balance roundrobin',
    '  server a 127.0.0.1:9001',
    ...(scenario.states === undefined ? [] : ['  server b 127.0.0.1:9002 weight 10']),
    '',
  ].join('\n');
}

/** A machine with the scenario's HAProxy running and two clients connected to it. */
export function buildWorld(scenario: Scenario, net = 'host'): World {
  const world = new World();
  world.newNet = net;
  world.files.write(CONFIG_PATH, configText(scenario));
  startHaproxy(world, scenario);
  const { haproxy } = servingOf(world);
  if (haproxy === undefined) throw new TypeError('HAProxy has not started');
  changeAtRunTime(world);
  haproxy.connections = [1, 2].map((port) => ({
    inode: world.newInode(),
    local: '0.0.0.0:8080',
    family: 'ipv4' as const,
    peer: `10.0.0.1:${port}`,
  }));
  world.handshakes = [{ local: '127.0.0.1:8080', peer: '10.0.0.1:3' }];
  world.clock.after(60, () => {
    world.handshakes = [];
  });
  return world;
}

function changeAtRunTime(world: World): void {
  const server = runtimeValuesOf(world, servingOf(world)).servers.get('app/b');
  if (server === undefined) return;
  server.maint = true;
  server.weight = 77;
}

/** What happens at boot. */
export function startHaproxy(world: World, scenario: Scenario): void {
  if (scenario.supervised === true) supervise(world);
  else callHaproxy(world, { argv: argvOf(scenario), env: { PATH: '/usr/bin' } });
}

function argvOf(scenario: Scenario): readonly string[] {
  return [
    '/usr/sbin/haproxy',
    ...(scenario.masterWorker ? ['-W'] : []),
    ...['-D', '-f', CONFIG_PATH, '-p', PID_PATH],
    ...(scenario.masterSocket === true ? ['-S', '/run/master.sock'] : []),
  ];
}

function supervise(world: World): void {
  const supervisor = world.add({
    parentPid: 1,
    argv: ['runsv', 'haproxy'],
    exe: '/usr/bin/runsv',
    environment: {},
    net: 'host',
    haproxy: undefined,
  });
  const argv = ['/usr/sbin/haproxy', '-db', '-f', CONFIG_PATH];
  const start = (): void => void callHaproxy(world, { argv, env: {} }, supervisor.pid);
  world.supervisors.set(supervisor.pid, start);
  start();
}

/** The newest HAProxy that takes connections. */
export function servingOf(world: World): FakeProcess {
  const serving = world
    .haproxies()
    .findLast(({ haproxy }) => haproxy.holdings.some((held) => held.accepting && held.frontend));
  if (serving === undefined) throw new TypeError('no HAProxy serves');
  return serving;
}

export function leaderOf(world: World, process: FakeProcess): FakeProcess {
  const masters = world.haproxies().filter(({ haproxy }) => haproxy.role === 'master');
  return (
    masters.find((master) => workersOf(world, master).some(({ pid }) => pid === process.pid)) ??
    process
  );
}

export function requestOf(scenario: Scenario): ReloadRequest {
  return {
    target: {},
    method: scenario.method,
    allowLoss: scenario.allowLoss ?? false,
    timeoutMs: 400,
    drainTimeoutMs: 500,
    maxDraining: 8,
    ...(scenario.edit ? { edit: toLeastconn } : {}),
  };
}

/** Changes one word, whatever else the file holds. */
export function toLeastconn(documents: readonly Document[]): readonly FileEdit[] {
  return documents.flatMap((document) => {
    const before = print(document).toString('latin1');
    const after = before.replace('balance roundrobin', 'balance leastconn');
    if (after === before) return [];
    return [
      {
        file: document.file,
        document: parse(document.file, Buffer.from(after, 'latin1')),
        summary: 'balance roundrobin -> leastconn',
      },
    ];
  });
}
