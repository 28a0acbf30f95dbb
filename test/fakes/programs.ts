import type { Command, CommandResult, Detached } from '../../src/host/host.js';
import { callHaproxy } from './haproxy.js';
import { callIp } from './ip.js';
import { callNft } from './nft.js';
import type { World } from './world.js';

type Program = (world: World, command: Command) => CommandResult;

/** Programs of the fake machine that run to their end, by their file name. */
const PROGRAMS: Readonly<Record<string, Program>> = {
  haproxy: callHaproxy,
  ip: callIp,
  nft: callNft,
};

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
