import { setTimeout as pause } from 'node:timers/promises';
import { Command } from 'commander';
import { EXIT, refused } from '../error.js';
import { nodeHost } from '../host/node/index.js';
import { readStatus } from '../reload/status.js';
import type { Io } from './command.js';
import { stateDirOf } from './state-dir.js';
import { statusText } from './status-text.js';
import { addTargetOptions, targetOf, type TargetFlags } from './target-options.js';

interface Flags extends TargetFlags {
  readonly watch?: boolean;
  readonly json?: boolean;
  readonly stateDir?: string;
}

const WATCH_EVERY_MS = 1000;
const CLEAR_SCREEN = '\u001b[H\u001b[2J';

export function build(io: Io): Command {
  return addTargetOptions(new Command('status'))
    .summary('what serves, what drains, and what it waits for')
    .description(
      'HAProxy, nginx and Apache: each generation with its age, its open connections, and what it ' +
        'waits for; and behind the map of "hitless flip" the doors, the instance that each leads to, ' +
        'and the instances that are draining.',
    )
    .option('--watch', 'look again every second until Ctrl-C')
    .option('--state-dir <path>', 'where runs are journaled')
    .option('--json', 'print one JSON document (one a line with --watch)')
    .addHelpText('after', '\nExamples:\n  hitless status\n  hitless status --watch\n')
    .action(async (flags: Flags) => {
      if (flags.watch === true) await watch(flags, io);
      else io.stdout.write(await look(flags, io));
      io.exit(EXIT.done);
    });
}

async function look(flags: Flags, io: Io): Promise<string> {
  const stateDir = stateDirOf(flags.stateDir, io);
  const status = await readStatus(nodeHost(), targetOf(flags), stateDir);
  if (flags.json === true) return `${JSON.stringify({ schemaVersion: 1, ...status })}\n`;
  const text = statusText(status, io.columns, io.colour.stdout);
  if (text !== '') return text;
  throw refused(
    'target-not-found',
    'no running HAProxy was found, nor nginx, Apache or a map of "hitless flip"',
    { hint: 'if it runs in a container or under another name, name it with --pid' },
  );
}

async function watch(flags: Flags, io: Io): Promise<void> {
  const rewrite = io.interactive && flags.json !== true;
  while (!io.signal.aborted) {
    const text = await look(flags, io);
    io.stdout.write(rewrite ? CLEAR_SCREEN + text : text);
    await pause(WATCH_EVERY_MS, undefined, { signal: io.signal }).catch(() => undefined);
  }
}
