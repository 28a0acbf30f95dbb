import type { StepContext } from './definition.js';

/**
 * A second name for a unix socket, made before a new process renames its own over the first:
 * through it the old process stays reachable, and undo puts it back.
 */
export function spareLink(path: string, { runId }: Pick<StepContext, 'runId'>): string {
  return `${path}.${runId}`;
}
