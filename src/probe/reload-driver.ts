import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '../error.js';
import { run } from '../host/node/run.js';
import type { ReloadPlan, ReloadWhen } from './options.js';
import type { ReloadRun } from './reloads.js';

export interface ReloadWatcher {
  /** ms after the start of the load. */
  readonly nowMs: () => number;
  readonly started: (id: number, atMs: number) => void;
  readonly ended: (run: ReloadRun) => void;
}

/** When reload `id` (from 1) is due, in ms; undefined when there is none. */
export function reloadDueMs(when: ReloadWhen, id: number, forMs: number): number | undefined {
  if (when.kind === 'every') return id * when.everyMs < forMs ? id * when.everyMs : undefined;
  return id <= when.count ? ((id - 0.5) * forMs) / when.count : undefined;
}

/** How many reloads a plan asks for. */
export function plannedReloads(when: ReloadWhen, forMs: number): number {
  return when.kind === 'count' ? when.count : Math.max(0, Math.ceil(forMs / when.everyMs) - 1);
}

/**
 * Runs the command when it is due, never twice at once: one that takes longer delays the next.
 * A run that has begun is always waited for. After a failure or the end of the load, no more begin.
 */
export async function driveReloads(
  plan: ReloadPlan,
  forMs: number,
  watcher: ReloadWatcher,
  signal: AbortSignal,
): Promise<void> {
  for (let id = 1; ; id += 1) {
    const dueMs = reloadDueMs(plan.when, id, forMs);
    if (dueMs === undefined || !(await isDue(dueMs - watcher.nowMs(), signal))) return;
    if (watcher.nowMs() >= forMs) return;
    const ended = await reloadOnce(plan, id, watcher);
    watcher.ended(ended);
    if (!ended.ok) return;
  }
}

/** @returns false when the run was ended meanwhile. */
async function isDue(inMs: number, signal: AbortSignal): Promise<boolean> {
  if (inMs <= 0) return !signal.aborted;
  return await sleep(inMs, true, { signal }).catch(() => false);
}

async function reloadOnce(
  plan: ReloadPlan,
  id: number,
  watcher: ReloadWatcher,
): Promise<ReloadRun> {
  const startMs = watcher.nowMs();
  watcher.started(id, startMs);
  try {
    const { code, stderr, stdout } = await run(plan.argv, { timeoutMs: plan.timeoutMs });
    const label = code === 0 ? '' : lastLine(stderr) || lastLine(stdout);
    return { id, startMs, endMs: watcher.nowMs(), ok: code === 0, exitCode: code, label };
  } catch (error) {
    const label = messageOf(error);
    return { id, startMs, endMs: watcher.nowMs(), ok: false, exitCode: null, label };
  }
}

const LABEL_LIMIT = 500;

function lastLine(text: string): string {
  return (text.trimEnd().split('\n').at(-1) ?? '').slice(0, LABEL_LIMIT);
}
