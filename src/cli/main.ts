import { Command, CommanderError } from 'commander';
import { EXIT, HitlessError, messageOf, usage, type ExitCode } from '../error.js';
import { editDistanceHint } from './nearest-command.js';
import type { Io } from './command.js';
import { showError } from './errors.js';
import { COMMANDS } from './registry.js';
import { VERSION } from './version.js';

/**
 * Finds the command, loads only its module, and turns whatever it throws into words and an exit
 * code. stdout gets results only.
 */
export async function main(argv: readonly string[], io: Io): Promise<void> {
  try {
    const program = await buildProgram(argv, io);
    await program.parseAsync([...argv], { from: 'user' });
  } catch (error) {
    io.exit(report(error, argv, io));
  }
}

async function buildProgram(argv: readonly string[], io: Io): Promise<Command> {
  const program = new Command('hitless')
    .description('Reload HAProxy, or anything else that listens, without losing one connection.')
    .version(VERSION, '-V, --version')
    .helpCommand('help [command]', 'show the help of a command')
    .addHelpText('after', EXAMPLES);
  quiet(program, io);
  const wanted = argv.find((word) => !word.startsWith('-'));
  const asked = wanted === 'help' ? argv[argv.indexOf('help') + 1] : wanted;
  if (asked !== undefined && !asked.startsWith('-') && !isCommand(asked)) {
    throw usage(`there is no command "${asked}"`, editDistanceHint(asked));
  }
  for (const [name, entry] of Object.entries(COMMANDS)) {
    if (name !== asked) {
      program.command(name).description(entry.summary);
      continue;
    }
    const command = (await entry.load()).build(io);
    quiet(command, io);
    program.addCommand(command);
  }
  program.action(() => program.outputHelp());
  return program;
}

function isCommand(name: string): boolean {
  return name === 'help' || Object.hasOwn(COMMANDS, name);
}

/** Commander writes and exits by itself: have it throw instead, and write where `io` says. */
function quiet(command: Command, io: Io): void {
  command.exitOverride().configureOutput({
    writeOut: (text) => io.stdout.write(text),
    writeErr: () => undefined,
    getOutHelpWidth: () => io.columns,
  });
  for (const sub of command.commands) quiet(sub, io);
}

function report(error: unknown, argv: readonly string[], io: Io): ExitCode {
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return EXIT.done;
    const message =
      error.code === HELP_INSTEAD
        ? 'a subcommand is missing'
        : error.message.replace(/^error: /, '');
    showError(usage(message, 'see "hitless help" or add --help'), wantsJson(argv), io);
    return EXIT.usage;
  }
  const known =
    error instanceof HitlessError
      ? error
      : new HitlessError('internal', EXIT.failed, `a bug in hitless: ${messageOf(error)}`, {
          hint: 'run it again with HITLESS_DEBUG=1 and report what it prints',
          cause: error,
        });
  if (io.env['HITLESS_DEBUG'] !== undefined && error instanceof Error) {
    io.stderr.write(`${error.stack ?? ''}\n`);
  }
  showError(known, wantsJson(argv), io);
  return known.exitCode;
}

/** Commander's answer to `hitless set` alone; its message is `(outputHelp)`. */
const HELP_INSTEAD = 'commander.help';

/** Words after `--` belong to the program that `prove` runs. */
function wantsJson(argv: readonly string[]): boolean {
  const end = argv.indexOf('--');
  const own = end < 0 ? argv : argv.slice(0, end);
  return own.includes('--json') || own.includes('--ndjson');
}

const EXAMPLES = `
Examples:
  hitless demo                                  see it work in a private lab
  hitless reload                                reload the running HAProxy
  hitless reload --dry-run                      show what would happen, and why
  hitless set balance web leastconn             change one word, then reload
  hitless prove --url http://127.0.0.1:80/ --reloads 10 -- hitless reload
  hitless status                                generations, what they wait for
  hitless compare --html reloads.html           all ways side by side, in labs

Exit codes:
  0 done    1 failed    2 usage    10 refused, nothing touched
  11 failed and put back    12 failed and not put back
  75 another run holds the lock    130 interrupted
  prove, demo, compare: 99 something was lost, 3 inconclusive
`;
