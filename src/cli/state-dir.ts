import { homedir } from 'node:os';
import type { Io } from './command.js';

/** Where runs are journaled: --state-dir, HITLESS_STATE_DIR, else by user (file-hierarchy(7)). */
export function stateDirOf(option: string | undefined, io: Io): string {
  const named = option ?? io.env['HITLESS_STATE_DIR'];
  if (named !== undefined && named !== '') return named;
  if (process.getuid?.() === 0) return '/var/lib/hitless';
  const base = io.env['XDG_STATE_HOME'] ?? `${homedir()}/.local/state`;
  return `${base}/hitless`;
}
