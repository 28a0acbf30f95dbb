/**
 * The closed set of ways in which hitless can fail, each with the exit code that a caller sees.
 * The table is part of the public interface: codes are never reused for another meaning.
 */
export const EXIT = {
  done: 0,
  failed: 1,
  usage: 2,
  inconclusive: 3,
  refused: 10,
  putBack: 11,
  notPutBack: 12,
  locked: 75,
  lossy: 99,
  interrupted: 130,
  terminated: 143,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** What went wrong, as a word that programs can compare. */
export type ErrorCode =
  | 'usage'
  | 'config-invalid'
  | 'config-unreadable'
  | 'config-unknown-name'
  | 'config-changed'
  | 'target-not-found'
  | 'target-ambiguous'
  | 'target-foreign'
  | 'target-gone'
  | 'target-unreadable'
  | 'binary-missing'
  | 'permission'
  | 'socket-silent'
  | 'port-taken'
  | 'not-lossless'
  | 'method-unusable'
  | 'too-many-generations'
  | 'start-failed'
  | 'not-confirmed'
  | 'master-ignored'
  | 'drain-timeout'
  | 'journal-unwritable'
  | 'journal-damaged'
  | 'locked'
  | 'interrupted'
  | 'tool-missing'
  | 'lab-failed'
  | 'probe-failed'
  | 'step-failed'
  | 'internal';

export interface ErrorDetail {
  /** What the error is about: a path, `file:line:column`, a pid, a step. */
  readonly subject?: string;
  /** What to do next, naming the command that helps. */
  readonly hint?: string;
  readonly cause?: unknown;
}

/** Every error that hitless raises on purpose. Anything else that escapes is a bug in hitless. */
export class HitlessError extends Error {
  readonly code: ErrorCode;
  readonly exitCode: ExitCode;
  readonly subject: string | undefined;
  readonly hint: string | undefined;

  constructor(code: ErrorCode, exitCode: ExitCode, message: string, detail: ErrorDetail = {}) {
    super(message, detail.cause === undefined ? undefined : { cause: detail.cause });
    this.name = 'HitlessError';
    this.code = code;
    this.exitCode = exitCode;
    this.subject = detail.subject;
    this.hint = detail.hint;
  }
}

/** Nothing was touched: the request cannot be carried out here as it stands. */
export function refused(code: ErrorCode, message: string, detail: ErrorDetail = {}): HitlessError {
  return new HitlessError(code, EXIT.refused, message, detail);
}

/** The command line or the settings are wrong. */
export function usage(message: string, hint?: string): HitlessError {
  return new HitlessError('usage', EXIT.usage, message, hint === undefined ? {} : { hint });
}

export function failed(code: ErrorCode, message: string, detail: ErrorDetail = {}): HitlessError {
  return new HitlessError(code, EXIT.failed, message, detail);
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
