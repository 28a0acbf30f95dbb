import type { Proxy } from '../config/resolve.js';
import type { ServerSpec } from '../config/servers.js';
import type { ConfigChange, RuntimeChange } from '../runtime/change.js';
import type { Sides } from './compare.js';

/** What a verdict on one server may ask about: its backend and the other servers, both times. */
export interface ServerContext {
  readonly before: Proxy;
  readonly after: Proxy;
  readonly old: readonly ServerSpec[];
  readonly now: readonly ServerSpec[];
  readonly sides: Sides;
}

/** All of them can be made, or none is. */
export function runtimeOr(
  changes: readonly RuntimeChange[],
  whyNot: (change: RuntimeChange) => string | undefined,
): ConfigChange['by'] {
  for (const change of changes) {
    const because = whyNot(change);
    if (because !== undefined) return { kind: 'reload', because };
  }
  return { kind: 'runtime', changes };
}
