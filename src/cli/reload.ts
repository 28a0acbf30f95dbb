import { Command } from 'commander';
import type { Io } from './command.js';
import { addReloadOptions, requestOf, type ReloadFlags } from './reload-options.js';
import { runReload } from './run-reload.js';

export function build(io: Io): Command {
  return addReloadOptions(new Command('reload'))
    .description('Check, plan, hand over, confirm: the next generation of a running HAProxy.')
    .addHelpText('after', EXAMPLES)
    .action(async (flags: ReloadFlags) => {
      await runReload(requestOf(flags), flags, io);
    });
}

const EXAMPLES = `
Examples:
  hitless reload                         the running HAProxy, with its own files
  hitless reload --dry-run               what would happen, and why
  hitless reload --pid-file /run/haproxy.pid --method quiesce
  hitless reload --master-socket /run/haproxy-master.sock --json
`;
