import { Command } from 'commander';
import { setBalance } from '../haproxy/config/edit.js';
import type { Io } from './command.js';
import { addReloadOptions, requestOf, type ReloadFlags } from './reload-options.js';
import { runReload } from './run-reload.js';
import { fileEdits, type Editing } from './set-edits.js';

export function balanceCommand(io: Io): Command {
  return addReloadOptions(new Command('balance'))
    .description(
      'Change the algorithm of a backend in its file, every other byte kept; then reload.',
    )
    .summary('the algorithm of a backend')
    .argument('<backend>', 'a backend or listen section')
    .argument('<algorithm...>', 'as after "balance": leastconn, uri whole, "hdr(Host)", ...')
    .addHelpText('after', BALANCE_EXAMPLES)
    .action(async (backend: string, algorithm: readonly string[], flags: ReloadFlags) => {
      await runReload({ ...requestOf(flags), edit: balanceEdit(backend, algorithm) }, flags, io);
    });
}

function balanceEdit(proxy: string, words: readonly string[]): Editing {
  return (documents) => {
    const algorithm = words.length === 1 ? (words[0] ?? '') : words;
    const edit = setBalance(documents, { proxy, algorithm });
    return edit.kind === 'unchanged' ? [] : fileEdits({ ...edit, changes: [edit.change] });
  };
}

export const BALANCE_EXAMPLES = `
Examples:
  hitless set balance web leastconn
  hitless set balance web uri whole --dry-run
  hitless set balance web 'hdr(Host)' -f /etc/haproxy/haproxy.cfg --json
`;
