import type { ProcessId } from '../host/host.js';
import type { StepDefinition } from './definition.js';
import { namesText, publishNames, type PublicNames } from './public-names.js';

/** Removes what only an ended instance had, and has what others know lead to the one that serves. */
export interface ClearInstance extends PublicNames {
  readonly kind: 'clear-instance';
  readonly id: string;
  /** Null: there was none. */
  readonly old: ProcessId | null;
  readonly files: readonly string[];
}

export const clearInstance: StepDefinition<ClearInstance> = {
  effect: 'final',
  describe: (step) =>
    namesText(step) === ''
      ? 'remove what only the old instance had'
      : `have ${namesText(step)} lead to the instance that serves`,
  apply: async (step, context) => {
    await publishNames(step, context);
    if (step.old !== null && (await context.host.processes.isAlive(step.old))) {
      return { left: step.old.pid };
    }
    for (const path of step.files) await context.host.files.remove(path);
    return undefined;
  },
  verify: async () => undefined,
};
