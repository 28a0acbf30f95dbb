import { createInterface } from 'node:readline/promises';
import type { Io } from './command.js';

const DEFAULT_COLUMNS = 80;

/** The real terminal. The first Ctrl-C or SIGTERM aborts `signal`; a second ends at once. */
export function terminalIo(process: NodeJS.Process): Io {
  const { stdin, stdout, stderr, env } = process;
  for (const stream of [stdout, stderr]) stream.on('error', ignoreClosedPipe);
  const plain = (env['NO_COLOR'] ?? '') !== '' || env['TERM'] === 'dumb';
  const signal = abortOnSignals(process);
  return {
    stdout,
    stderr,
    env,
    ...(stdin.isTTY && stderr.isTTY
      ? { confirm: async (question) => await confirm(process, question, signal) }
      : {}),
    interactive: stderr.isTTY && env['TERM'] !== 'dumb',
    colour: { stdout: stdout.isTTY && !plain, stderr: stderr.isTTY && !plain },
    // A terminal that nobody has told its size says 0.
    columns: stdout.columns || stderr.columns || DEFAULT_COLUMNS,
    signal,
    exit: (code) => {
      process.exitCode = code;
    },
  };
}

/** The reader may have read enough (`| head`); a reload under way must not end for that. */
function ignoreClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
}

/** Anything but a yes is a no. On stderr: stdout is the result. */
async function confirm(
  { stdin, stderr }: NodeJS.Process,
  question: string,
  signal: AbortSignal,
): Promise<boolean> {
  const lines = createInterface({ input: stdin, output: stderr });
  // It takes Ctrl-C for itself while it reads.
  lines.once('SIGINT', () => process.kill(process.pid, 'SIGINT'));
  try {
    return /^y(es)?$/i.test((await lines.question(question, { signal })).trim());
  } finally {
    lines.close();
  }
}

function abortOnSignals(process: NodeJS.Process): AbortSignal {
  const controller = new AbortController();
  for (const [name, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const) {
    process.on(name, () => {
      if (controller.signal.aborted) {
        process.stderr.write('\nhitless: stopped at once; "hitless recover" clears what is left\n');
        process.exit(code);
      }
      process.stderr.write('\nhitless: stopping; once more ends at once\n');
      controller.abort();
    });
  }
  return controller.signal;
}
