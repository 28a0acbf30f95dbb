import { spawn } from 'node:child_process';
import { failed } from '../../error.js';

/** Output of one command beyond which the rest is dropped, in bytes. */
const OUTPUT_LIMIT_BYTES = 16 * 1024 * 1024;
const DEFAULT_TIMEOUT_MS = 30_000;

export interface RunOptions {
  readonly input?: string | Buffer;
  readonly cwd?: string;
  /** The whole environment; the caller's own when absent. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

export interface RunResult {
  /** Exit code; null when a signal ended the process. */
  readonly code: number | null;
  readonly killedBy: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs a program to its end and returns what it said. A non-zero exit is a result, not an error.
 *
 * @throws HitlessError `tool-missing` when the program cannot be started, `step-failed` on time-out
 */
export function run(argv: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  const [file, ...args] = argv;
  if (file === undefined) throw new TypeError('run: empty argv');
  const timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, {
      cwd: options.cwd,
      env: options.env,
      signal: options.signal,
      stdio: [options.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    });
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(
        failed('step-failed', `${file} did not end within ${timeoutMs} ms`, {
          subject: argv.join(' '),
        }),
      );
    }, timeoutMs);
    const stdout = collect(child.stdout);
    const stderr = collect(child.stderr);
    child.once('error', (cause: NodeJS.ErrnoException) => {
      clearTimeout(timer);
      reject(
        cause.name === 'AbortError'
          ? cause
          : failed('tool-missing', `cannot run ${file}: ${cause.code ?? cause.message}`, {
              subject: file,
              cause,
            }),
      );
    });
    child.once('close', (code, killedBy) => {
      clearTimeout(timer);
      resolve({ code, killedBy, stdout: stdout(), stderr: stderr() });
    });
    if (options.input !== undefined) {
      // The program may end without reading all its input; what it says then is its exit code.
      child.stdin?.on('error', () => undefined);
      child.stdin?.end(options.input);
    }
  });
}

function collect(stream: NodeJS.ReadableStream | null): () => string {
  const chunks: Buffer[] = [];
  let size = 0;
  stream?.on('data', (chunk: Buffer) => {
    if (size < OUTPUT_LIMIT_BYTES) chunks.push(chunk);
    size += chunk.length;
  });
  return () => Buffer.concat(chunks).toString('utf8');
}
