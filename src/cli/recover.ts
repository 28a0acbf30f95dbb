import { Command } from 'commander';
import { EXIT } from '../error.js';
import { nodeHost } from '../host/node/index.js';
import { recover, type Recovered } from '../reload/recover.js';
import { DEFAULT_TIMEOUT_MS } from '../reload/request.js';
import type { Io } from './command.js';
import { eventReporter } from './run-events.js';
import { stateDirOf } from './state-dir.js';
import { parseDurationMs } from './values.js';

interface Flags {
  readonly run?: string;
  readonly stateDir?: string;
  readonly timeout?: string;
  readonly json?: boolean;
}

export function build(io: Io): Command {
  return new Command('recover')
    .description('Finish or undo what an interrupted run left. Safe to repeat.')
    .option('--run <id>', 'only this run')
    .option('--timeout <duration>', 'limit for each step (default: 30s)')
    .option('--state-dir <path>', 'where runs are journaled')
    .option('--json', 'print one JSON document')
    .addHelpText('after', '\nExample:\n  hitless recover\n')
    .action(async (flags: Flags) => {
      const recovered = await recover(nodeHost(), {
        stateDir: stateDirOf(flags.stateDir, io),
        timeoutMs:
          flags.timeout === undefined ? DEFAULT_TIMEOUT_MS : parseDurationMs(flags.timeout),
        onEvent: eventReporter(io, false),
        signal: io.signal,
        ...(flags.run === undefined ? {} : { runId: flags.run }),
      });
      io.stdout.write(flags.json === true ? documentOf(recovered) : textOf(recovered));
      io.exit(EXIT.done);
    });
}

function documentOf(recovered: readonly Recovered[]): string {
  return `${JSON.stringify({ schemaVersion: 1, runs: recovered })}\n`;
}

const WORDS: Readonly<Record<Recovered['outcome'], string>> = {
  nothing: 'had not touched anything; closed',
  finished: 'was finished',
  undone: 'was undone; the old generation serves',
  watched: 'is looked after by a living process',
  outdated: 'is from before a reboot; closed',
};

function textOf(recovered: readonly Recovered[]): string {
  if (recovered.length === 0) return 'nothing to recover\n';
  return recovered.map(({ runId, outcome }) => `run ${runId} ${WORDS[outcome]}\n`).join('');
}
