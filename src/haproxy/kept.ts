import type { ProcessId } from '../host/host.js';
import type { ReferencedFile } from './changes/referenced.js';

/**
 * The configuration that a running process was started with, as hitless keeps it in its state
 * folder: HAProxy itself does not show what it has read. Pure.
 */
export interface KeptConfig {
  readonly schemaVersion: 1;
  readonly process: ProcessId;
  readonly keptAtMs: number;
  /** In HAProxy's order, whole. */
  readonly files: readonly KeptFile[];
  readonly referenced: readonly ReferencedFile[];
}

export interface KeptFile {
  /** As HAProxy was told it. */
  readonly path: string;
  readonly contentBase64: string;
}

/** Below the state folder. */
export const KEPT_FOLDER = 'running';

/** A pid alone may belong to another process by now. */
export function keptName({ pid, startTicks }: ProcessId): string {
  return `${pid}-${startTicks}`;
}

/** Undefined for a file that is none of these. */
export function processOfKept(name: string): ProcessId | undefined {
  const match = /^(\d+)-(\d+)$/.exec(name);
  return match === null ? undefined : { pid: Number(match[1]), startTicks: Number(match[2]) };
}

export function printKept(kept: KeptConfig): string {
  return `${JSON.stringify(kept)}\n`;
}

/** Undefined for what is not whole, or of another process: nothing is known then. */
export function parseKept(text: string, process: ProcessId): KeptConfig | undefined {
  try {
    const kept = JSON.parse(text) as Partial<KeptConfig> | null;
    const mine =
      kept?.schemaVersion === 1 &&
      kept.process?.pid === process.pid &&
      kept.process.startTicks === process.startTicks;
    return mine && Array.isArray(kept.files) && Array.isArray(kept.referenced)
      ? (kept as KeptConfig)
      : undefined;
  } catch {
    return undefined;
  }
}
