import type { StepDefinition } from './definition.js';
import { namesText, publishNames, type PublicNames } from './public-names.js';

/**
 * Does nothing but when it is undone. Between a flip and its undoing an instance of an earlier flip
 * may end, and what others know is then led to the one that is taken back again.
 */
export interface KeepNames extends PublicNames {
  readonly kind: 'keep-names';
  readonly id: string;
}

export const keepNames: StepDefinition<KeepNames> = {
  effect: 'reversible',
  describe: (step) => `leave ${namesText(step)} with the old instance until it has ended`,
  apply: async () => undefined,
  verify: async () => undefined,
  undo: publishNames,
};
