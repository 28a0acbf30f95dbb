import type { Command, CommandResult } from '../../src/host/host.js';
import { BAD_KEYWORD, readConfig } from './haproxy-config.js';
import type { FakeProcess, HaproxyState, KernelSocket, World } from './world.js';

/** As much of nginx and Apache as their reloads show: a master that listens, and workers. */
export type FakeServiceName = 'nginx' | 'apache2';

type Process = FakeProcess & { readonly haproxy: HaproxyState };

export const ERROR_LOG = '/var/log/service.log';

const READ_MS = 7;
const TELL_OLD_MS = 3;
const ANSWER_MS = 120;
/** Apache looks once a second whether workers are missing. */
const APACHE_TICK_MS = 1_000;
const WORKERS = 2;

/** What happens at boot. */
export function startService(
  world: World,
  name: FakeServiceName,
  config: string,
  listens: readonly string[],
): FakeProcess {
  const words = name === 'nginx' ? ['nginx', '-c', config] : ['apache2', '-f', config];
  const argv = name === 'nginx' ? [`nginx: master process ${words.join(' ')}`, ''] : words;
  const master = spawn(world, `/usr/sbin/${name}`, argv, 1);
  master.haproxy.holdings = listens.map((local) => {
    const family = local.startsWith('[') ? ('ipv6' as const) : ('ipv4' as const);
    const socket: KernelSocket = {
      inode: world.newInode(),
      family,
      local,
      net: 'host',
      listening: true,
    };
    return { socket, local, frontend: null, accepting: false };
  });
  spawnWorkers(world, master);
  return master;
}

export function workersOfService(world: World, master: FakeProcess): readonly Process[] {
  return world.haproxies().filter(({ parentPid }) => parentPid === master.pid);
}

export function isService({ exe }: FakeProcess): boolean {
  return /\/(nginx|apache2)$/.test(exe);
}

function spawn(world: World, exe: string, argv: readonly string[], parentPid: number): Process {
  const haproxy: HaproxyState = {
    role: 'alone',
    config: readConfig(''),
    holdings: [],
    connections: [],
    sessions: 0,
    shutFrontends: new Set(),
    stopping: false,
    executing: false,
    reloadAgain: false,
    failedReloads: 0,
    reloads: 0,
    keepsClients: false,
  };
  const parts = { parentPid, argv, exe, environment: {}, net: 'host', haproxy };
  return world.add({ ...parts, ageMs: 1_000 }) as Process;
}

function spawnWorkers(world: World, master: Process): void {
  const argv = master.exe.endsWith('nginx') ? ['nginx: worker process', ''] : master.argv;
  for (let count = 0; count < WORKERS; count += 1) {
    const worker = spawn(world, master.exe, argv, master.pid);
    worker.haproxy.holdings = master.haproxy.holdings.map((held) => ({ ...held, accepting: true }));
  }
}

export function callNginx(world: World, { argv }: Command): CommandResult {
  if (argv.includes('-V')) {
    const stderr = 'nginx version: nginx/1.22.1\nconfigure arguments: --prefix=/usr/share/nginx\n';
    return { code: 0, stdout: '', stderr };
  }
  const path = argv[argv.indexOf('-c') + 1] ?? '';
  const text = world.files.text(path) ?? '';
  if (text.includes(BAD_KEYWORD)) {
    const stderr = `nginx: [emerg] unknown directive "${BAD_KEYWORD}" in ${path}:1\n`;
    return { code: 1, stdout: '', stderr };
  }
  return { code: 0, stdout: `# configuration file ${path}:\n${text}\n`, stderr: '' };
}

export function callApache(world: World, { argv }: Command): CommandResult {
  const path = argv[argv.indexOf('-f') + 1] ?? '';
  if (world.files.text(path)?.includes(BAD_KEYWORD) === true) {
    const stderr = `AH00526: Syntax error on line 1 of ${path}:\nInvalid command '${BAD_KEYWORD}'\n`;
    return { code: 1, stdout: '', stderr };
  }
  const stdout = argv.includes('DUMP_INCLUDES')
    ? `Included configuration files:\n  (*) ${path}\nMain ErrorLog: "${ERROR_LOG}"\n`
    : '';
  return { code: 0, stdout, stderr: '' };
}

export function signalService(world: World, process: FakeProcess, signal: NodeJS.Signals): void {
  const master = process as Process;
  if (signal === 'SIGKILL') world.end(master);
  else if (master.stuck) return;
  else if (master.exe.endsWith('nginx') && signal === 'SIGHUP') reloadNginx(world, master);
  else if (master.exe.endsWith('apache2') && signal === 'SIGUSR1') reloadApache(world, master);
}

function reloadNginx(world: World, master: Process): void {
  world.clock.after(READ_MS, () => {
    if (world.masterRefuses) {
      const { pid } = master;
      const line = `2026/01/02 03:04:05 [emerg] ${pid}#${pid}`;
      const said = [
        'bind() to 0.0.0.0:81 failed (98: Address already in use)',
        'still could not bind()',
      ];
      for (const what of said) world.files.append(ERROR_LOG, `${line}: ${what}\n`);
      return;
    }
    const old = workersOfService(world, master);
    spawnWorkers(world, master);
    world.clock.after(TELL_OLD_MS, () => {
      for (const worker of old) {
        worker.argv = ['nginx: worker process is shutting down'];
        finish(world, worker);
      }
    });
  });
}

function reloadApache(world: World, master: Process): void {
  world.clock.after(READ_MS, () => {
    const old = workersOfService(world, master);
    for (const worker of old) finish(world, worker);
    if (world.masterRefuses) world.end(master);
    else world.clock.after(APACHE_TICK_MS, () => spawnMissing(world, master, old));
  });
}

function spawnMissing(world: World, master: Process, old: readonly Process[]): void {
  const there = workersOfService(world, master).filter((worker) => !old.includes(worker));
  if (there.length === 0) spawnWorkers(world, master);
}

function finish(world: World, worker: Process): void {
  for (const held of worker.haproxy.holdings) world.closeQueue(held);
  worker.haproxy.holdings = [];
  world.clock.after(ANSWER_MS, () => world.end(worker));
}
