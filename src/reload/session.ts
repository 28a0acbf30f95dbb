import { openRuntimes, type Runtimes } from '../haproxy/runtime/runtimes.js';
import type { Host } from '../host/host.js';
import { openJournal } from '../journal/journal.js';
import type { Values } from '../steps/definition.js';
import type { Progress } from './progress.js';
import type { Run, RunEvent } from './runner.js';

export interface SessionOptions {
  readonly stateDir: string;
  readonly timeoutMs: number;
  readonly onEvent: (event: RunEvent) => void;
  readonly signal?: AbortSignal;
  readonly runtimes?: Runtimes;
}

/** A run in memory: a new one, or one that is taken up again from its journal. */
export function openRun(host: Host, runId: string, options: SessionOptions, from?: Progress): Run {
  const state = {
    before: new Map(from?.before),
    after: new Map(from?.after),
    begun: new Set(from?.begun),
  };
  return {
    journal: openJournal(host, options.stateDir, runId),
    state,
    onEvent: options.onEvent,
    signal: options.signal,
    context: {
      host,
      runId,
      before: (step) => state.before.get(step) ?? NOTHING,
      after: (step) => state.after.get(step) ?? NOTHING,
      runtimes: options.runtimes ?? openRuntimes(host, options.timeoutMs),
      timeoutMs: options.timeoutMs,
    },
  };
}

const NOTHING: Values = {};
