import type { Command, CommandResult } from '../../src/host/host.js';
import { complaint, readConfig, type FakeConfig } from './haproxy-config.js';
import type { FakeProcess, HaproxyState, Holding, KernelSocket, World } from './world.js';

type Haproxy = FakeProcess & { readonly haproxy: HaproxyState };

const EXEC_MS = 7;
const TELL_OLD_MS = 9;
const LATE_MS = 11;

/** `haproxy ...` from its call to the return of the process that was called. */
export function callHaproxy(world: World, command: Command, parentPid = 1): CommandResult {
  const path = valueOf(command.argv, '-f') ?? '';
  const text = world.files.text(path);
  const refusal = complaint(text, path, 4242) ?? takenAddress(world, command, text ?? '');
  if (refusal !== undefined) return { code: 1, stdout: '', stderr: refusal };
  if (!command.argv.includes('-c')) start(world, command, readConfig(text ?? ''), parentPid);
  return { code: 0, stdout: '', stderr: '' };
}

function takenAddress(world: World, command: Command, text: string): string | undefined {
  if (command.argv.includes('-c')) return undefined;
  const taken = readConfig(text).binds.find(({ local }) => world.files.read(`/taken/${local}`));
  if (taken === undefined) return undefined;
  return `[ALERT]    (4242) : Starting frontend ${taken.frontend}: cannot bind socket (Address already in use) [${taken.local}]\n`;
}

function start(world: World, command: Command, config: FakeConfig, parentPid: number): void {
  const { argv } = command;
  const from = passingProcess(world, valueOf(argv, '-x'));
  const net = command.namespacesOf === undefined ? world.newNet : world.netOf(command.namespacesOf);
  const parts = { argv, net, environment: command.env ?? {} };
  const masterWorker = argv.includes('-W');
  const role = masterWorker ? 'master' : 'alone';
  const process = spawn(world, { ...parts, parentPid, role, config });
  const pidFile = valueOf(argv, '-p');
  if (pidFile !== undefined) world.files.write(pidFile, `${process.pid}\n`);
  if (masterWorker) {
    holdMasterSocket(world, process);
    spawnWorker(world, process, undefined);
    return;
  }
  if (world.startTrouble === 'ends-at-once') return world.end(process);
  const finish = (): void => {
    if (!world.processes.has(process.pid)) return;
    process.haproxy.holdings = openAll(world, process, config, from);
    for (const pid of pidsAfter(argv, '-sf'))
      signalHaproxy(world, world.processes.get(pid), 'SIGUSR1');
  };
  if (world.startTrouble === 'late') world.clock.after(LATE_MS, finish);
  else finish();
}

interface Spawned {
  readonly argv: readonly string[];
  readonly net: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly parentPid: number;
  readonly role: HaproxyState['role'];
  readonly config: FakeConfig;
}

function spawn(world: World, { role, config, ...parts }: Spawned): Haproxy {
  const haproxy: HaproxyState = {
    role,
    config,
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
  return world.add({ ...parts, exe: '/usr/sbin/haproxy', haproxy }) as Haproxy;
}

function passingProcess(world: World, path: string | undefined): Haproxy | undefined {
  const socket = path === undefined ? undefined : world.files.node(path)?.socket;
  return world
    .haproxies()
    .find(({ haproxy }) => haproxy.holdings.some((held) => held.socket.inode === socket));
}

function openAll(
  world: World,
  process: Haproxy,
  config: FakeConfig,
  from: Haproxy | undefined,
): Holding[] {
  const passing = world.startTrouble === 'ignores-passed-sockets' ? undefined : from;
  const sockets = config.statsSockets.map(({ path }) => ({
    frontend: null,
    family: 'unix' as const,
    local: path,
    passable: true,
  }));
  return [...config.binds, ...sockets].map(({ frontend, family, local, passable }) => {
    const passed = passing?.haproxy.holdings.find((held) => held.local === local && passable);
    // A new HAProxy calls listen(2) on what it was given: a paused socket listens again.
    if (passed !== undefined) passed.socket.listening = true;
    const socket = passed?.socket ?? bind(world, process, family, local);
    return { socket, local, frontend, accepting: true };
  });
}

function bind(
  world: World,
  process: Haproxy,
  family: KernelSocket['family'],
  local: string,
): KernelSocket {
  const inode = world.newInode();
  if (family === 'unix') world.files.bindSocket(local, inode);
  const name = family === 'unix' ? `${local}.${process.pid}.tmp` : local;
  return { inode, family, local: name, net: process.net, listening: true };
}

function holdMasterSocket(world: World, master: Haproxy): void {
  const path = valueOf(master.argv, '-S');
  if (path === undefined) return;
  const socket = bind(world, master, 'unix', path);
  master.haproxy.holdings = [{ socket, local: path, frontend: null, accepting: true }];
}

function spawnWorker(world: World, master: Haproxy, old: Haproxy | undefined): void {
  const { argv, net, environment, pid } = master;
  const { config } = master.haproxy;
  const worker = spawn(world, { argv, net, environment, parentPid: pid, role: 'worker', config });
  worker.haproxy.holdings = openAll(world, worker, config, old);
}

export function workersOf(world: World, master: FakeProcess): readonly Haproxy[] {
  return world.haproxies().filter(({ parentPid }) => parentPid === master.pid);
}

/** What HAProxy does on a signal. */
export function signalHaproxy(
  world: World,
  process: FakeProcess | undefined,
  signal: NodeJS.Signals,
): void {
  if (process?.haproxy === undefined) return;
  const haproxy = process as Haproxy;
  if (signal === 'SIGKILL') world.end(haproxy);
  else if (haproxy.stuck || haproxy.stuckOnSignals) return;
  else if (signal === 'SIGUSR1') softStop(world, haproxy);
  else if (signal === 'SIGUSR2' && haproxy.haproxy.role === 'master') reloadMaster(world, haproxy);
}

function softStop(world: World, process: Haproxy): void {
  const state = process.haproxy;
  // Before it has its signal handlers, the signal's own action ends it.
  if (state.holdings.length === 0 && !state.stopping) return world.end(process);
  state.stopping = true;
  for (const held of state.holdings) world.closeQueue(held);
  state.holdings = [];
  for (const { inode } of state.connections) leaveSoon(world, process, inode);
  endWhenIdle(world, process);
}

const ANSWER_MS = 120;

/** The client has its answer, reads `Connection: close`, and leaves. */
export function leaveSoon(world: World, process: Haproxy, inode: number): void {
  if (process.haproxy.keepsClients) return;
  world.clock.after(ANSWER_MS, () => {
    process.haproxy.connections = process.haproxy.connections.filter((one) => one.inode !== inode);
    endWhenIdle(world, process);
  });
}

export function endWhenIdle(world: World, process: Haproxy): void {
  const { stopping, connections, sessions } = process.haproxy;
  if (stopping && connections.length === 0 && sessions === 0) world.end(process);
}

function reloadMaster(world: World, master: Haproxy): void {
  const state = master.haproxy;
  if (state.executing) {
    state.reloadAgain = true;
    return;
  }
  state.executing = true;
  world.clock.after(EXEC_MS, () => {
    const path = valueOf(master.argv, '-f') ?? '';
    const text = world.files.text(path);
    const refused = world.masterRefuses || complaint(text, path, master.pid) !== undefined;
    if (!refused) newWorker(world, master, text ?? '');
    else state.failedReloads += 1;
    state.executing = false;
    if (!state.reloadAgain) return;
    state.reloadAgain = false;
    reloadMaster(world, master);
  });
}

function newWorker(world: World, master: Haproxy, text: string): void {
  const old = workersOf(world, master);
  const state = master.haproxy;
  state.config = readConfig(text);
  state.failedReloads = 0;
  state.reloads += 1;
  for (const worker of old) worker.haproxy.reloads += 1;
  spawnWorker(world, master, old.at(-1));
  world.clock.after(TELL_OLD_MS, () => {
    for (const worker of old) {
      if (world.processes.has(worker.pid)) signalHaproxy(world, worker, 'SIGUSR1');
    }
  });
}

function valueOf(argv: readonly string[], option: string): string | undefined {
  const at = argv.indexOf(option);
  return at < 0 ? undefined : argv[at + 1];
}

function pidsAfter(argv: readonly string[], option: string): readonly number[] {
  const at = argv.indexOf(option);
  return at < 0
    ? []
    : argv
        .slice(at + 1)
        .filter((word) => /^\d+$/.test(word))
        .map(Number);
}
