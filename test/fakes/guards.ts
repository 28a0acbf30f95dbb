import type { Guard, ProcessId } from '../../src/host/host.js';
import { runFakeProgram } from './programs.js';
import type { FakeProcess, World } from './world.js';

const LOOK_EVERY_MS = 20;

/** A process of its own, which lives on when hitless is killed: that is what it is for. */
export function startFakeGuard(world: World, guard: Guard): ProcessId {
  const { name, watches, afterMs, commands, netNamespaceOf } = guard;
  const process = world.add({
    parentPid: 1,
    argv: ['guard', name],
    exe: '/usr/bin/node',
    environment: {},
    net: netNamespaceOf === undefined ? 'host' : world.netOf(netNamespaceOf),
    haproxy: undefined,
  });
  world.guardTimes.set(process.pid, { afterMs, untilMs: world.clock.nowMs + afterMs });
  const look = (): void => {
    if (!world.processes.has(process.pid)) return;
    const watched = world.processes.get(watches.pid)?.startTicks === watches.startTicks;
    const untilMs = world.guardTimes.get(process.pid)?.untilMs ?? 0;
    if (watched && world.clock.nowMs < untilMs) return world.clock.after(LOOK_EVERY_MS, look);
    for (const argv of commands) runFakeProgram(world, { argv, netNamespaceOf: process.pid });
    world.end(process);
  };
  world.clock.after(LOOK_EVERY_MS, look);
  return process;
}

export function signalGuard(world: World, guard: FakeProcess, signal: NodeJS.Signals): void {
  const { afterMs } = world.guardTimes.get(guard.pid) ?? { afterMs: 0 };
  if (signal !== 'SIGUSR1') return world.end(guard);
  world.guardTimes.set(guard.pid, { afterMs, untilMs: world.clock.nowMs + afterMs });
}

export function guardsIn(world: World, name?: string): readonly FakeProcess[] {
  return [...world.processes.values()].filter(
    ({ argv }) => argv[0] === 'guard' && (name === undefined || argv[1] === name),
  );
}
