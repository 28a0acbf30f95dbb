import { Command } from 'commander';
import { usage } from '../error.js';
import { DEFAULT_DRAIN_TIMEOUT_MS } from '../reload/flip-request.js';
import { DEFAULT_COMMAND_TIMEOUT_MS, rolling, type RollingOptions } from '../reload/rolling.js';
import type { Io } from './command.js';
import { healthOf, publicPortOf } from './flip-options.js';
import { addPlannedOptions, runPlanned, type PlannedFlags } from './run-planned.js';
import { parseDurationMs } from './values.js';

interface Flags extends PlannedFlags {
  readonly port: string;
  readonly instances: string;
  readonly health?: readonly string[];
  readonly spread: string;
  readonly drainTimeout?: string;
  readonly commandTimeout?: string;
}

export function build(io: Io): Command {
  const command = new Command('rolling')
    .summary('reload several instances, one after another, while the rest serve')
    .description(
      'Spreads new connections over several instances and reloads them one after another: each\n' +
        'is taken out, drained, reloaded by COMMAND, proven on its own port, and put back.',
    )
    .argument('[command...]', 'what reloads one instance, after --; {port} is its port')
    .requiredOption('--port <port>', 'what clients connect to')
    .requiredOption('--instances <ports>', 'ports of the instances: 8081,8082,8083')
    .option('--health <check>', 'http:///PATH, tcp, or "command WORDS"; repeatable', collect)
    .option('--spread <how>', 'turns, or source (by the client address)', 'turns')
    .option('--drain-timeout <duration>', 'how long clients may stay with one (default: 60s)')
    .option('--command-timeout <duration>', 'limit for each COMMAND (default: 60s)');
  return addPlannedOptions(command)
    .addHelpText('after', EXAMPLES)
    .action(async (argv: readonly string[], flags: Flags) => {
      const request = requestOf(argv, flags);
      await runPlanned(flags, io, async (host, options) => await rolling(host, request, options));
    });
}

function collect(value: string, former: readonly string[] = []): readonly string[] {
  return [...former, value];
}

function requestOf(argv: readonly string[], flags: Flags): RollingOptions {
  const { spread, drainTimeout, commandTimeout } = flags;
  if (argv.length === 0) {
    throw usage(
      'the reload command is missing',
      'write it after --: -- systemctl reload app@{port}',
    );
  }
  if (spread !== 'turns' && spread !== 'source') {
    throw usage(`there is no spread "${spread}"`, 'choose turns or source');
  }
  return {
    port: portOf(flags.port),
    instances: instancesOf(flags),
    health: (flags.health ?? []).map(healthOf),
    argv,
    cwd: process.cwd(),
    spread,
    drainTimeoutMs:
      drainTimeout === undefined ? DEFAULT_DRAIN_TIMEOUT_MS : parseDurationMs(drainTimeout),
    commandTimeoutMs:
      commandTimeout === undefined ? DEFAULT_COMMAND_TIMEOUT_MS : parseDurationMs(commandTimeout),
  };
}

function portOf(text: string): number {
  const { host, port } = publicPortOf(text);
  if (host === null) return port;
  throw usage(`"${text}" names an address`, 'rolling serves every local address: --port 80');
}

function instancesOf({ instances, port }: Flags): readonly number[] {
  const ports = instances.split(',').map(portOf);
  if (ports.length < 2) {
    throw usage('one instance alone cannot be rolled', 'name two or more: --instances 8081,8082');
  }
  if (new Set(ports).size < ports.length || ports.includes(Number(port))) {
    throw usage(`"${instances}" names a port twice`, 'each instance has a port of its own');
  }
  return ports;
}

const EXAMPLES = `
Examples:
  hitless rolling --port 80 --instances 8081,8082,8083 --health http:///health \\
      -- systemctl reload app@{port}
  hitless rolling --port 80 --instances 8081,8082 --dry-run -- ./reload {port}
`;
