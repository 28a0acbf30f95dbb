import { run } from '../../host/node/run.js';
import { withSystemPath } from '../../lab/environment.js';

/** Tried in a network namespace that ends with the command. */
const TRY_ARGV = ['unshare', '--net', ...'tc qdisc add dev lo root plug limit 1'.split(' ')];

/** Why SYNs cannot be held in a plug qdisc on this machine; undefined when they can. */
export async function whyNoPlug(): Promise<string | undefined> {
  const { code } = await run(TRY_ARGV, { env: withSystemPath() }).catch(() => ({ code: null }));
  if (code === 0) return undefined;
  return 'this kernel has no sch_plug, or one may not use it here; "npm run test:vm" tests the method in a guest';
}
