import { bridgeLink } from './spare-link.js';
import type { StepContext, StepDefinition } from './definition.js';

/**
 * Makes a second name for the unix sockets of the bridge, before a supervisor's process renames
 * its own over the first: through it the bridge stays reachable, also after hitless was killed.
 */
export interface KeepReachable {
  readonly kind: 'keep-reachable';
  readonly id: string;
  readonly sockets: readonly string[];
}

export const keepReachable: StepDefinition<KeepReachable> = {
  effect: 'reversible',
  describe: (step) => `keep a second name for ${step.sockets.join(', ')}`,
  apply: async (step, context) => {
    const { files } = context.host;
    for (const path of step.sockets) {
      const second = bridgeLink(path, context);
      if ((await files.info(second)) === undefined) await files.link(path, second);
    }
    return undefined;
  },
  verify: async () => undefined,
  undo: async (step, context) => await removeLinks(step, context),
  tidy: async (step, context) => await removeLinks(step, context),
};

async function removeLinks(step: KeepReachable, context: StepContext): Promise<void> {
  for (const path of step.sockets) await context.host.files.remove(bridgeLink(path, context));
}
