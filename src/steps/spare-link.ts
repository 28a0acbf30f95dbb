import type { StepContext } from './definition.js';

/**
 * A second name for a unix socket, made before a new process renames its own over the first:
 * through it the old process stays reachable, and undo puts it back.
 */
export function spareLink(path: string, { runId }: Pick<StepContext, 'runId'>): string {
  return `${path}.${runId}`;
}

/** The same for the process that bridges a supervisor's restart. */
export function bridgeLink(path: string, context: Pick<StepContext, 'runId'>): string {
  return `${spareLink(path, context)}.bridge`;
}

/** Every name under which a process may be reachable at a socket by now. */
export function reachableAt(
  sockets: readonly string[],
  context: Pick<StepContext, 'runId'>,
): readonly string[] {
  return sockets.flatMap((path) => [path, spareLink(path, context), bridgeLink(path, context)]);
}
