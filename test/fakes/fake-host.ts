import { failed } from '../../src/error.js';
import type {
  Call,
  CallResult,
  Command,
  CommandResult,
  Host,
  Kernel,
  ProcessInfo,
  Processes,
  Socket,
  Sockets,
} from '../../src/host/host.js';
import { Effects, type Trouble } from './effects.js';
import { fakeFiles } from './files.js';
import { guardsIn, signalGuard, startFakeGuard } from './guards.js';
import { runFakeProgram, signalFakeProcess, startFakeProgram } from './programs.js';
import { FakeRuntime } from './runtime.js';
import type { FakeProcess, World } from './world.js';

/** One run of hitless in a world: a process of its own that can be killed at any call. */
export interface Hitless {
  readonly host: Host;
  readonly effects: Effects;
  /** Ends it as a whole process ends: its sessions close, its locks lose their owner. */
  readonly exit: () => void;
}

export function startHitless(world: World, trouble?: Trouble): Hitless {
  const effects = new Effects(trouble);
  const open = new Set<() => void>();
  const process = world.add({
    parentPid: 1,
    argv: ['node', 'hitless'],
    exe: '/usr/bin/node',
    environment: {},
    net: 'host',
    haproxy: undefined,
  });
  const exit = (): void => {
    world.end(process);
    for (const close of open) close();
  };
  effects.onDeath = exit;
  const files = fakeFiles(world.files, effects, process.pid);
  const host: Host = {
    self: { pid: process.pid, startTicks: process.startTicks },
    processes: fakeProcesses(world, effects),
    sockets: fakeSockets(world, effects, open),
    files,
    kernel: fakeKernel(world, effects),
    clock: {
      now: () => (effects.alive(), world.clock.nowMs),
      sleep: async (ms) => (effects.alive(), world.clock.advance(ms)),
    },
    reach: async ({ port }) => {
      effects.alive();
      return world.accepts(port) ? undefined : 'ECONNREFUSED';
    },
    run: async (command) => runProgram(world, effects, command),
  };
  return { host, effects, exit };
}

function runProgram(world: World, effects: Effects, command: Command): CommandResult {
  return effects.do({
    label: `run ${command.argv.join(' ')}`,
    apply: () => runFakeProgram(world, command),
    failure: () => failed('step-failed', `${command.argv[0] ?? ''} did not end within 1000 ms`),
  });
}

function fakeProcesses(world: World, effects: Effects): Processes {
  const alive = (id: { pid: number; startTicks: number }): FakeProcess | undefined => {
    effects.alive();
    const process = world.processes.get(id.pid);
    return process?.startTicks === id.startTicks ? process : undefined;
  };
  return {
    named: async (name) => {
      effects.alive();
      return [...world.processes.values()]
        .filter(({ exe }) => (exe.split('/').at(-1) ?? '').startsWith(name))
        .map((process) => infoOf(world, process));
    },
    info: async (pid) => {
      effects.alive();
      const process = world.processes.get(pid);
      return process === undefined ? undefined : infoOf(world, process);
    },
    isAlive: async (id) => alive(id) !== undefined,
    environment: async (pid) => {
      effects.alive();
      return world.processes.get(pid)?.environment;
    },
    signal: async (id, signal) => {
      if (alive(id) === undefined) return false;
      return effects.do({
        label: `${signal} ${id.pid}`,
        apply: () => {
          const process = world.processes.get(id.pid);
          if (process?.argv[0] === 'guard') signalGuard(world, process, signal);
          else signalFakeProcess(world, process, signal);
          return true;
        },
        failure: () => Object.assign(new Error('kill EPERM'), { code: 'EPERM' }),
      });
    },
    start: async (command) =>
      effects.do({
        label: `start ${command.argv.join(' ')}`,
        apply: () => startFakeProgram(world, command),
        failure: () => failed('tool-missing', `cannot run ${command.argv[0] ?? ''}: EAGAIN`),
      }),
    startGuard: async (guard) =>
      effects.do({
        label: `guard for ${guard.afterMs} ms`,
        apply: () => startFakeGuard(world, guard),
        failure: () => failed('step-failed', 'the guard of the hold did not start: EAGAIN'),
      }),
    guardsNamed: async (name) => {
      effects.alive();
      return guardsIn(world, name);
    },
  };
}

function infoOf(world: World, process: FakeProcess): ProcessInfo {
  const { pid, startTicks, parentPid, argv, exe, net } = process;
  return {
    pid,
    startTicks,
    parentPid,
    state: process.stuck ? 'T' : 'S',
    argv,
    exe,
    cwd: '/',
    root: '/',
    uid: 0,
    gid: 0,
    ageMs: process.ageMs ?? world.clock.nowMs,
    foreign: { net: net !== 'host', mnt: false, pid: false },
  };
}

function fakeSockets(world: World, effects: Effects, open: Set<() => void>): Sockets {
  const runtime = new FakeRuntime(world);
  return {
    listeners: async (pid) => {
      effects.alive();
      return listeningIn(world, world.netOf(pid));
    },
    connections: async (pid) => {
      effects.alive();
      return connectionsIn(world, world.netOf(pid));
    },
    inodesOf: async (pid) => {
      effects.alive();
      const state = world.processes.get(pid)?.haproxy;
      const held = state?.holdings.map(({ socket }) => socket.inode) ?? [];
      return new Set([...held, ...(state?.connections.map(({ inode }) => inode) ?? [])]);
    },
    connect: async (path) => {
      effects.alive();
      return runtime.connect(path, effects, open);
    },
    call: async (call) => {
      effects.alive();
      return callInWorld(world, call);
    },
  };
}

/** A call from an address of our own takes the way of the trial packet, if there are rules for it. */
function callInWorld(world: World, { port, from }: Call): CallResult {
  const trial = world.diversions.get('ip hitless_handoff_trial');
  if (from !== undefined && trial !== undefined) {
    const seen = { comment: '', expiresMs: world.clock.nowMs + 5_000 };
    if (!world.peerIsSilent) trial.sets.get('answered')?.set('10.0.0.100 . 8080', seen);
    return { connected: false, answer: '', trouble: 'no answer' };
  }
  const connected = world.acceptorsOf(`0.0.0.0:${port}`).length > 0;
  return { connected, answer: '', trouble: connected ? '' : 'ECONNREFUSED' };
}

const NO_QUEUE = { receiveQueue: 0, sendQueue: 0, idleMs: null };

function listeningIn(world: World, net: string): readonly Socket[] {
  const held = world
    .haproxies()
    .flatMap(({ haproxy }) => haproxy.holdings.map(({ socket }) => socket));
  return [...new Set(held)]
    .filter((socket) => socket.listening && (socket.net === net || socket.family === 'unix'))
    .map(({ family, local, inode }) => ({
      family,
      local,
      inode,
      peer: '',
      state: 'listen' as const,
      ...NO_QUEUE,
      receiveQueue: world.waiting.get(local) ?? 0,
    }));
}

function connectionsIn(world: World, net: string): readonly Socket[] {
  const open = world
    .haproxies()
    .filter((process) => process.net === net)
    .flatMap(({ haproxy }) => haproxy.connections);
  return [
    ...open.map((one) => ({ ...one, state: 'established' as const, ...NO_QUEUE })),
    ...world.handshakes.map((one) => ({
      ...one,
      family: 'ipv4' as const,
      inode: 0,
      state: 'syn-recv' as const,
      ...NO_QUEUE,
    })),
  ];
}

function fakeKernel(world: World, effects: Effects): Kernel {
  return {
    sysctl: async (name, pid) => {
      effects.alive();
      return world.sysctls.get(world.netOf(pid))?.get(name);
    },
    setSysctl: async (name, value, pid) =>
      effects.do({
        label: `sysctl ${name}=${value}`,
        apply: () => {
          world.sysctls.get(world.netOf(pid))?.set(name, value);
        },
        failure: () =>
          failed('permission', `cannot set ${name} to ${value}: read-only file system`),
      }),
    bootId: async () => {
      effects.alive();
      return world.bootId;
    },
  };
}
