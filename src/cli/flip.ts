import { Command } from 'commander';
import { flip } from '../reload/flip.js';
import { DEFAULT_MAX_DRAINING } from '../reload/request.js';
import type { Io } from './command.js';
import { flipRequestOf, type FlipFlags } from './flip-options.js';
import { addPlannedOptions, runPlanned } from './run-planned.js';

export function build(io: Io): Command {
  const command = new Command('flip')
    .summary('start a second instance, prove it, lead new connections to it')
    .description(
      'Starts a second instance of a service on a port of its own, proves it there, and leads ' +
        'new connections to it by one change of a map in the kernel. The old one keeps its clients.',
    )
    .argument('[command...]', 'what starts the next instance, after --; {port} is its port')
    .option('--service <name>', 'haproxy, nginx or apache')
    .option(
      '-f, --file <path>',
      'configuration of HAProxy, repeatable; nginx and Apache know their own',
      collect,
    )
    .option('--port <port>', 'what clients connect to, with a command; repeatable', collect)
    .option('--health <check>', 'http:///PATH, tcp, or "command WORDS"; repeatable', collect)
    .option('--ports <low-high>', 'where instances get their own ports (default: 18000-18999)')
    .option('--drain-timeout <duration>', 'how long clients may stay with the old (default: 60s)')
    .option('--max-draining <count>', `old instances allowed (default: ${DEFAULT_MAX_DRAINING})`)
    .option('--stop-signal <name>', 'what makes the old one finish (default: of the service)')
    .option('--pid <pid>', 'the running nginx or Apache, where there are several');
  return addPlannedOptions(command)
    .addHelpText('after', EXAMPLES)
    .action(async (argv: readonly string[], flags: FlipFlags) => {
      const request = flipRequestOf(argv, flags);
      await runPlanned(flags, io, async (host, options) => await flip(host, request, options));
    });
}

function collect(value: string, former: readonly string[] = []): readonly string[] {
  return [...former, value];
}

const EXAMPLES = `
Examples:
  hitless flip --service haproxy -f /etc/haproxy/haproxy.cfg
  hitless flip --service haproxy --health http:///health --dry-run
  hitless flip --port 80 --health http:///health -- ./server --listen {port}
  hitless flip --port 80 --port 443 -- ./server {port:80} {port:443}
`;
