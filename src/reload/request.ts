import type { Document } from '../haproxy/config/document.js';
import type { Target } from '../haproxy/instance.js';
import type { MethodName } from '../methods/method.js';

export interface ReloadRequest {
  readonly target: Target;
  /** Absolute paths; the running process's own when absent. */
  readonly configFiles?: readonly string[];
  /** Another program than the running one. */
  readonly binary?: string;
  readonly method: MethodName | 'auto';
  readonly allowLoss: boolean;
  /** How long each step may wait for the machine. */
  readonly timeoutMs: number;
  /** How long clients may stay with the old generation; from its own time-outs when absent. */
  readonly drainTimeoutMs?: number;
  /** Old generations that may be alive when another one is added. */
  readonly maxDraining: number;
  /** What was changed at run time in maps and ACLs is written into their files first. */
  readonly keepRuntime?: boolean;
  /** A change of the files that goes with the reload. */
  readonly edit?: (documents: readonly Document[]) => readonly FileEdit[];
}

export interface FileEdit {
  readonly file: string;
  readonly document: Document;
  readonly summary: string;
}

export const DEFAULT_TIMEOUT_MS = 30_000;
export const DEFAULT_MAX_DRAINING = 8;
