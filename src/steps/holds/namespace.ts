import { processOf, type ProcessRef, type StepContext } from '../definition.js';

/**
 * The pid of the first of these processes that lives, to name a network namespace by; undefined
 * when none does, as when the start was undone: then hitless' own is meant.
 */
export async function pidInside(
  refs: readonly ProcessRef[],
  context: StepContext,
): Promise<number | undefined> {
  for (const ref of refs) {
    const known = 'pid' in ref || context.after(ref.startedBy)['pid'] !== undefined;
    if (!known) continue;
    const process = processOf(ref, context);
    if (await context.host.processes.isAlive(process)) return process.pid;
  }
  return undefined;
}
