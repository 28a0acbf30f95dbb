import { takeBackScript, type Diversion } from '../host/diversion.js';
import { isDiverting, nft, ownTables } from './diverting.js';
import type { StepDefinition } from './definition.js';

/** New flows stay here again; those that the peer serves go on there until they end. */
export interface TakeFlowsBack {
  readonly kind: 'take-flows-back';
  readonly id: string;
  readonly diversion: Diversion;
}

export const takeFlowsBack: StepDefinition<TakeFlowsBack> = {
  effect: 'final',
  describe: () => 'serve new flows here again; those at the peer go on there',
  apply: async ({ diversion }, { host, runId }) => {
    if (await ownTables(host, diversion, runId)) await nft(host, takeBackScript(diversion));
    return undefined;
  },
  verify: async ({ diversion }, { host, runId }) => {
    if (!(await ownTables(host, diversion, runId))) return undefined;
    return (await isDiverting(host, diversion)) ? 'new flows are still diverted' : undefined;
  },
};
