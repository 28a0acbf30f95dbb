import type { Command, CommandResult, Detached } from '../../src/host/host.js';
import { callHaproxy, signalHaproxy } from './haproxy.js';
import { callConntrack, callSs } from './nft-maps.js';
import { callIpAny } from './ip-any.js';
import { callNft } from './nft.js';
import { callReloadInstance } from './rolling.js';
import { callApache, callNginx, isService, signalService } from './services.js';
import { callTc, callUnshare } from './tc.js';
import type { FakeProcess, World } from './world.js';

type Program = (world: World, command: Command) => CommandResult;

/** Programs of the fake machine that run to their end, by their file name. */
const PROGRAMS: Readonly<Record<string, Program>> = {
  haproxy: callHaproxy,
  nft: callNft,
  'reload-instance': callReloadInstance,
  nginx: callNginx,
  apache2: callApache,
  conntrack: callConntrack,
  sh: nothing,
  ss: callSs,
  tc: callTc,
  ip: callIpAny,
  unshare: callUnshare,
  'iptables-save': nothing,
  'ip6tables-save': nothing,
};

function nothing(): CommandResult {
  return { code: 0, stdout: '', stderr: '' };
}

export function runFakeProgram(world: World, command: Command): CommandResult {
  const name = (command.argv[0] ?? '').split('/').at(-1) ?? '';
  const own = world.programs.get(name);
  if (own !== undefined) return own();
  const program = PROGRAMS[name] ?? callHaproxy;
  return program(world, command);
}

/** A program that lives on. It does nothing by itself. */
export function startFakeProgram(
  world: World,
  { argv, env }: Detached,
): { readonly pid: number; readonly startTicks: number } {
  const { pid, startTicks } = world.add({
    parentPid: 1,
    argv,
    exe: argv[0] ?? '',
    environment: env ?? {},
    net: world.newNet,
    haproxy: undefined,
  });
  return { pid, startTicks };
}

/** What the program does on a signal. */
export function signalFakeProcess(
  world: World,
  process: FakeProcess | undefined,
  signal: NodeJS.Signals,
): void {
  if (process !== undefined && isService(process)) signalService(world, process, signal);
  else signalHaproxy(world, process, signal);
}
