import { removeScript, type Diversion } from '../host/diversion.js';
import { nft, ownTables } from './diverting.js';
import type { StepDefinition } from './definition.js';

/** Removes the rules of this run. Those that another run goes on with are left to it. */
export interface RemoveDiversion {
  readonly kind: 'remove-diversion';
  readonly id: string;
  readonly diversion: Diversion;
}

export const removeDiversion: StepDefinition<RemoveDiversion> = {
  effect: 'final',
  describe: () => 'remove the rules',
  apply: async ({ diversion: { parts } }, { host, runId }) => {
    if (await ownTables(host, { parts }, runId)) {
      await nft(host, removeScript(parts.map(({ family }) => family)));
    }
    return undefined;
  },
  verify: async ({ diversion }, { host, runId }) =>
    (await ownTables(host, diversion, runId)) === undefined ? undefined : 'the rules are there',
};
