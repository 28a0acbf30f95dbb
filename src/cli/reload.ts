import { Command } from 'commander';
import type { Io } from './command.js';
import { addReloadOptions, requestOf } from './reload-options.js';
import { serviceRequestOf, type ServiceFlags } from './service-options.js';

export function build(io: Io): Command {
  return addReloadOptions(new Command('reload'))
    .option('--service <name>', 'haproxy, nginx, apache', 'haproxy')
    .description('Check, plan, hand over, confirm: the next generation of a running proxy.')
    .addHelpText('after', EXAMPLES)
    .action(async (flags: ServiceFlags) => {
      const service = serviceRequestOf(flags);
      // What carries it out is not needed to say how it is called.
      const { runReload, runServiceReload } = await import('./run-reload.js');
      if (service === undefined) await runReload(requestOf(flags), flags, io);
      else await runServiceReload(service, flags, io);
    });
}

const EXAMPLES = `
Examples:
  hitless reload                         the running HAProxy, with its own files
  hitless reload --dry-run               what would happen, and why
  hitless reload --pid-file /run/haproxy.pid --method quiesce
  hitless reload --master-socket /run/haproxy-master.sock --json
  hitless reload --service nginx --dry-run
  hitless reload --service apache --pid-file /run/apache2.pid --allow-loss
`;
