import { Command } from 'commander';
import type { Io } from './command.js';
import { balanceCommand, BALANCE_EXAMPLES } from './set-balance.js';
import { SERVER_EXAMPLES, serverCommands } from './set-server.js';

export function build(io: Io): Command {
  const command = new Command('set')
    .description(
      'Change one value: in the running process where that is possible, and in its file.',
    )
    .addCommand(balanceCommand(io));
  for (const one of serverCommands(io)) command.addCommand(one);
  return command.addHelpText('after', `${BALANCE_EXAMPLES}${SERVER_EXAMPLES}`);
}
