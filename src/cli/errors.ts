import { EXIT, type HitlessError } from '../error.js';
import type { Io } from './command.js';
import { paint } from './style.js';

/** An error for people on stderr, or as the one JSON document on stdout. */
export function showError(error: HitlessError, json: boolean, io: Io): void {
  if (json) io.stdout.write(`${JSON.stringify(errorDocument(error))}\n`);
  const colour = io.colour.stderr;
  io.stderr.write(`${paint('red', 'hitless:', colour)} ${error.message}\n`);
  if (error.hint !== undefined) io.stderr.write(`${paint('dim', 'hint:', colour)} ${error.hint}\n`);
}

function errorDocument(error: HitlessError): unknown {
  return {
    schemaVersion: 1,
    result: resultOf(error),
    error: {
      code: error.code,
      message: error.message,
      subject: error.subject ?? null,
      hint: error.hint ?? null,
    },
  };
}

function resultOf(error: HitlessError): string {
  switch (error.exitCode) {
    case EXIT.refused:
    case EXIT.usage:
    case EXIT.locked:
      return 'refused';
    case EXIT.putBack:
    case EXIT.interrupted:
      return 'put-back';
    default:
      return 'failed';
  }
}
