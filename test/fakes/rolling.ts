import type { Command, CommandResult } from '../../src/host/host.js';
import { callHaproxy, signalHaproxy } from './haproxy.js';
import type { World } from './world.js';

export const INSTANCES = [8081, 8082, 8083] as const;

export function instanceConfig(port: number): string {
  return `/etc/instance-${port}.cfg`;
}

/** Starts the instance whose configuration is in the file system. */
export function startInstance(world: World, port: number): CommandResult {
  const argv = ['/usr/sbin/haproxy', '-D', '-f', instanceConfig(port)];
  return callHaproxy(world, { argv, env: {} });
}

/** `reload-instance PORT`: stops the instance and starts it again, which loses what is connected. */
export function callReloadInstance(world: World, { argv }: Command): CommandResult {
  const port = Number(argv[1]);
  for (const process of world.haproxies()) {
    if (!process.argv.includes(instanceConfig(port))) continue;
    signalHaproxy(world, process, 'SIGUSR1');
  }
  return startInstance(world, port);
}
