import type { Facts, Obstacle } from './facts.js';

/** Methods that need more than the running HAProxy, and so have a command of their own. */
export type OwnCommandMethod = 'flip' | 'rolling' | 'handoff';

/** Why `hitless reload` does not choose it here, and the command that does. Pure. */
export function whyNotByReload(method: OwnCommandMethod, facts: Facts): Obstacle {
  switch (method) {
    case 'flip':
      return (
        facts.holds?.nft ?? {
          because: 'it leaves the service behind an nft map, which a reload does not do unasked',
          remedy: `use "hitless flip --service haproxy -f ${facts.configFiles[0] ?? 'FILE'}"`,
        }
      );
    case 'rolling':
      return {
        because: 'it needs several instances of the service, and one is running here',
        remedy: 'with more of them use "hitless rolling"',
      };
    case 'handoff':
      return {
        because: 'it needs a second node that serves the same address',
        remedy: 'with one use "hitless handoff --peer ADDRESS"',
      };
  }
}
