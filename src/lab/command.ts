import { type ChildProcess, spawn } from 'node:child_process';
import { failed } from '../error.js';
import type { RunOptions, RunResult } from '../host/node/run.js';
import { withSystemPath } from './environment.js';
import { childrenOf, sendSignal } from './proc.js';

const DEFAULT_TIMEOUT_MS = 30_000;

/**
 * Runs a command that enters the lab to its end. Like `run` of host/node, but a time-out and an
 * abort reach the command itself, and not only the `unshare` that put it into the lab.
 *
 * @throws HitlessError `tool-missing`, `step-failed` on time-out; the signal's reason when aborted
 */
export function runEntering(
  entry: readonly string[],
  argv: readonly string[],
  options: RunOptions,
): Promise<RunResult> {
  options.signal?.throwIfAborted();
  const timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
  const deadline = AbortSignal.timeout(timeoutMs);
  const signal = options.signal ? AbortSignal.any([options.signal, deadline]) : deadline;
  return new Promise((resolve, reject) => {
    const child = spawn(entry[0] as string, [...entry.slice(1), ...argv], {
      env: withSystemPath(options.env),
      stdio: 'pipe',
    });
    const kill = (): void => killCommand(child);
    signal.addEventListener('abort', kill, { once: true });
    const said = { stdout: collect(child.stdout), stderr: collect(child.stderr) };
    child.once('error', (cause) => {
      signal.removeEventListener('abort', kill);
      reject(failed('tool-missing', `cannot run ${entry[0]}: ${cause.message}`, { cause }));
    });
    child.once('close', (code, killedBy) => {
      signal.removeEventListener('abort', kill);
      if (options.signal?.aborted) return reject(options.signal.reason);
      if (deadline.aborted) return reject(tooSlow(argv, timeoutMs));
      resolve({ code, killedBy, stdout: said.stdout(), stderr: said.stderr() });
    });
    // The command may end before it has read its input; what it says then is its exit code.
    child.stdin.on('error', () => undefined);
    child.stdin.end(options.input);
  });
}

/**
 * The command itself is the child of `unshare`, which then reaps it and ends. Were `unshare` killed,
 * the zombie would pass to the host's init, and the lab could not end before that one looks.
 */
function killCommand(child: ChildProcess): void {
  const command = child.pid === undefined ? undefined : childrenOf(child.pid)[0];
  if (command === undefined) child.kill('SIGKILL');
  else sendSignal(command, 'SIGKILL');
}

function collect(stream: NodeJS.ReadableStream): () => string {
  const chunks: Buffer[] = [];
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  return () => Buffer.concat(chunks).toString('utf8');
}

function tooSlow(argv: readonly string[], timeoutMs: number): Error {
  const subject = argv.join(' ');
  return failed('step-failed', `${subject} did not end within ${timeoutMs} ms`, { subject });
}
