import { Writable } from 'node:stream';
import type { Io } from '../../src/cli/command.js';
import type { ExitCode } from '../../src/error.js';

export interface FakeIo extends Io {
  /** All that was written. */
  readonly out: () => string;
  readonly err: () => string;
  readonly exitCode: () => ExitCode | undefined;
}

/** A terminal that nobody sees. */
export function fakeIo(changes: Partial<Io> = {}): FakeIo {
  const written = { out: '', err: '' };
  let exitCode: ExitCode | undefined;
  return {
    stdout: sink((text) => (written.out += text)),
    stderr: sink((text) => (written.err += text)),
    env: {},
    interactive: false,
    colour: { stdout: false, stderr: false },
    columns: 80,
    signal: new AbortController().signal,
    exit: (code) => {
      exitCode = code;
    },
    ...changes,
    out: () => written.out,
    err: () => written.err,
    exitCode: () => exitCode,
  };
}

function sink(take: (text: string) => void): Writable {
  return new Writable({
    decodeStrings: false,
    write: (text: string, _encoding, done) => {
      take(text);
      done();
    },
  });
}
