import type { Io } from './command.js';

const DEFAULT_COLUMNS = 80;

/** The real terminal. The first Ctrl-C or SIGTERM aborts `signal`; a second ends at once. */
export function terminalIo(process: NodeJS.Process): Io {
  const { stdout, stderr, env } = process;
  for (const stream of [stdout, stderr]) stream.on('error', ignoreClosedPipe);
  const plain = (env['NO_COLOR'] ?? '') !== '' || env['TERM'] === 'dumb';
  return {
    stdout,
    stderr,
    env,
    interactive: stderr.isTTY && env['TERM'] !== 'dumb',
    colour: { stdout: stdout.isTTY && !plain, stderr: stderr.isTTY && !plain },
    columns: stdout.columns ?? stderr.columns ?? DEFAULT_COLUMNS,
    signal: abortOnSignals(process),
    exit: (code) => {
      process.exitCode = code;
    },
  };
}

/** The reader may have read enough (`| head`); a reload under way must not end for that. */
function ignoreClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
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
