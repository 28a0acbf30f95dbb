import type { Config } from '../haproxy/config/resolve.js';
import { parseServerStates } from '../haproxy/runtime/server-states.js';
import { nameOf } from '../haproxy/state/carry-commands.js';
import { serverPlan } from '../haproxy/state/server-plan.js';
import type { StateLoss } from '../haproxy/state/state-loss.js';
import type { RuntimeConnection } from '../host/host.js';
import type { RuntimeFacts, StateFacts } from '../methods/facts.js';

/** Nothing is known at run time that the files do not say, or nobody can be asked. */
export const NO_STATE: StateFacts = { servers: [], files: [], losses: [] };

export interface StateInput {
  /** As the next process will read it. */
  readonly config: Config;
  /** As the running process has read it; null when that is not known. */
  readonly former: Config | null;
  readonly cwd: string;
}

/** What the running process knows of its servers and the files do not. One command. */
export async function gatherState(
  connection: RuntimeConnection,
  { admin }: Pick<RuntimeFacts, 'admin'>,
  input: StateInput,
): Promise<StateFacts> {
  const running = parseServerStates(await connection.ask('show servers state'));
  const plan = serverPlan({ running, ...input });
  if (admin) return plan;
  return { ...plan, servers: [], losses: [...plan.losses, ...plan.servers.map(notAdmin)] };
}

function notAdmin({ server }: StateFacts['servers'][number]): StateLoss {
  return {
    what: `state of ${nameOf(server)}`,
    because: 'no stats socket of HAProxy has level admin, by which the next process could be told',
    remedy: 'set "stats socket PATH level admin expose-fd listeners" in the global section',
  };
}
