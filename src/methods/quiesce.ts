import type { Method } from './method.js';
import {
  drainSteps,
  openRuntimeStep,
  quiesceStep,
  startSteps,
  unpassedListeners,
} from './parts.js';
import { supervisedLosses } from './supervised.js';

/**
 * As fd-pass, but the old process is not told to finish at once: its frontends are shut down over
 * a runtime connection opened beforehand, its clients are told to close with their next answer,
 * and it is soft-stopped when none is left. Lossless for keep-alive clients whatever the
 * configuration says.
 */
export const quiesce: Method = {
  summary: 'as fd-pass, and the old process finishes only when its clients have left',
  assess: (facts) => {
    const unpassed = unpassedListeners(facts);
    if (facts.mode === 'master-worker') {
      return {
        usable: false,
        because: 'a master tells its old worker to finish by itself, at once',
        remedy: 'set "option idle-close-on-response", or run HAProxy without a master (-D alone)',
      };
    }
    if (!facts.runtime.admin || facts.runtime.passesSocketsAt === null) {
      return {
        usable: false,
        because: 'no stats socket has both level admin and expose-fd listeners',
        remedy: 'add "stats socket PATH level admin expose-fd listeners" to the global section',
      };
    }
    if (unpassed.length > 0) {
      return {
        usable: false,
        because: `HAProxy does not pass the socket of a specific IPv6 address on (${unpassed.join(', ')})`,
        remedy: 'add "v6only" to the bind, or use --method migrate',
      };
    }
    return { usable: true, losses: supervisedLosses(facts) };
  },
  startIsCheck: () => true,
  plan: ({ drainTimeoutMs }, facts) => ({
    handOver: [
      openRuntimeStep(facts),
      ...startSteps(facts, { passSockets: true }),
      quiesceStep(facts, false),
    ],
    retire: drainSteps(facts, drainTimeoutMs),
  }),
};
