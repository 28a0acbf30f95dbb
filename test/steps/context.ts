import { openRuntimes } from '../../src/haproxy/runtime/runtimes.js';
import type { Host } from '../../src/host/host.js';
import type { StepContext, Values } from '../../src/steps/definition.js';

/** A context in which steps have learnt what is given here. */
export function contextOf(
  host: Host,
  learnt: {
    readonly before?: Record<string, Values>;
    readonly after?: Record<string, Values>;
  } = {},
): StepContext {
  return {
    host,
    runId: 'r1',
    before: (id) => learnt.before?.[id] ?? {},
    after: (id) => learnt.after?.[id] ?? {},
    runtimes: openRuntimes(host, 400),
    timeoutMs: 400,
  };
}
