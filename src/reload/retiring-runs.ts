import type { Host } from '../host/host.js';
import { readJournal } from '../journal/journal.js';
import { lockOwner } from '../journal/lock.js';
import { openRunIds } from './open-runs.js';
import { progressOf } from './progress.js';
import { runLock } from './recover.js';

/** The run that retires an old generation or instance, and who sees to that. */
export interface RetiringRun {
  readonly runId: string;
  /** The living process that waits for it, if any. */
  readonly watcherPid: number | null;
  /** No living process looks after it, and none can be expected to by now. */
  readonly abandoned: boolean;
}

export interface OpenRun extends RetiringRun {
  readonly oldPids: readonly number[];
}

/** The process that takes a run up needs a moment to start. */
const TAKE_UP_MS = 10_000;

/** Runs that have begun and not ended, oldest first. */
export async function readOpenRuns(host: Host, stateDir: string): Promise<readonly OpenRun[]> {
  const ids = await openRunIds(host, stateDir);
  return await Promise.all(
    ids.map(async (runId) => {
      const progress = progressOf(await readJournal(host, stateDir, runId));
      const owner = await lockOwner(host, stateDir, runLock(runId));
      const ageMs = host.clock.now() - (progress?.startedMs ?? 0);
      return {
        runId,
        abandoned: owner === undefined && ageMs > TAKE_UP_MS,
        oldPids: progress?.plan.oldPids ?? [],
        watcherPid: owner?.pid ?? null,
      };
    }),
  );
}

export function retiringRun({ runId, watcherPid, abandoned }: OpenRun): RetiringRun {
  return { runId, watcherPid, abandoned };
}
