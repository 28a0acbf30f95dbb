import type { Host } from '../host/host.js';

/**
 * Runs that have begun and not ended, as empty files STATE/open/ID: found at once, however many
 * runs the history holds.
 */
export async function markOpen(host: Host, stateDir: string, runId: string): Promise<void> {
  await host.files.create(`${stateDir}/open/${runId}`, '');
}

export async function markEnded(host: Host, stateDir: string, runId: string): Promise<void> {
  await host.files.remove(`${stateDir}/open/${runId}`);
}

/** Oldest first. */
export async function openRunIds(host: Host, stateDir: string): Promise<readonly string[]> {
  return await host.files.list(`${stateDir}/open`);
}

/** Journals kept after their runs have ended. */
const KEPT_RUNS = 100;

/** Removes the oldest journals, but none of a run that is still open. */
export async function forgetOldRuns(host: Host, stateDir: string): Promise<void> {
  const all = await host.files.list(`${stateDir}/runs`);
  const open = new Set(await openRunIds(host, stateDir));
  for (const runId of all.slice(0, -KEPT_RUNS)) {
    if (!open.has(runId)) await host.files.remove(`${stateDir}/runs/${runId}`);
  }
}
