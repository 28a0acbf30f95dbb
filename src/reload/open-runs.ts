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
