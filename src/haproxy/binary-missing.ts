import { HitlessError, refused } from '../error.js';

/** What it means that HAProxy's program cannot be run; any other error as it is. */
export function asBinaryMissing(program: string, error: unknown): unknown {
  if (!(error instanceof HitlessError) || error.code !== 'tool-missing') return error;
  return refused('binary-missing', `cannot run ${program}: ${error.message}`, {
    subject: program,
    hint: 'was the package removed? Install it again, or name another program with --binary',
    cause: error,
  });
}
