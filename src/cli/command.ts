import type { Command } from 'commander';
import type { Writable } from 'node:stream';
import type { ExitCode } from '../error.js';

/** All that a command may touch of the terminal. stdout is the result; stderr is progress and logs. */
export interface Io {
  readonly stdout: Writable;
  readonly stderr: Writable;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** stderr is a terminal on which lines may be rewritten. Never true for a pipe. */
  readonly interactive: boolean;
  /** Colour is wanted on stdout / stderr (a terminal, and NO_COLOR unset). */
  readonly colour: { readonly stdout: boolean; readonly stderr: boolean };
  /** Width of the terminal in columns; 80 when there is none. */
  readonly columns: number;
  /** Asks a question that is answered with yes or no; absent where nobody sits at a terminal. */
  readonly confirm?: (question: string) => Promise<boolean>;
  /** Aborted by the first Ctrl-C or SIGTERM. */
  readonly signal: AbortSignal;
  readonly exit: (code: ExitCode) => void;
}

/** A subcommand: one file in this folder, listed in registry.ts, loaded only when it is called. */
export interface CommandModule {
  readonly build: (io: Io) => Command;
}
