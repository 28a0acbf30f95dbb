import type { Method } from './method.js';
import {
  drainSteps,
  idleClientLosses,
  MIGRATE_SYSCTL,
  openRuntimeStep,
  quiesceStep,
  softStopStep,
  startSteps,
  unixQueueLosses,
  withMigration,
} from './parts.js';
import { supervisedLosses } from './supervised.js';

/**
 * Both processes listen (SO_REUSEPORT). When the old one closes its sockets the kernel moves what
 * waits in their queues, and the handshakes under way, to the new one's: net.ipv4.tcp_migrate_req,
 * Linux 5.14 (Documentation/networking/ip-sysctl.rst). Needs no exposed listeners.
 */
export const migrate: Method = {
  summary: 'both processes listen; the kernel moves the queue of the closing sockets',
  assess: (facts) => {
    if (facts.mode === 'master-worker') {
      return {
        usable: false,
        because: 'a master passes its sockets on by itself',
        remedy: 'use --method fd-pass',
      };
    }
    if (facts.migrateRequests === 'absent') {
      return {
        usable: false,
        because: `this kernel has no ${MIGRATE_SYSCTL}`,
        remedy: 'run Linux 5.14 or newer',
      };
    }
    const idle = facts.runtime.admin ? [] : idleClientLosses(facts);
    return {
      usable: true,
      losses: [
        ...idle,
        ...unixQueueLosses(facts, 'the kernel moves TCP connections only'),
        ...supervisedLosses(facts),
      ],
    };
  },
  startIsCheck: () => true,
  plan: ({ drainTimeoutMs }, facts) => {
    const start = startSteps(facts, { passSockets: false });
    if (!facts.runtime.admin) {
      return { handOver: withMigration(facts, [...start, softStopStep(facts)]), retire: [] };
    }
    const steps = [openRuntimeStep(facts), ...start, quiesceStep(facts, true)];
    return { handOver: withMigration(facts, steps), retire: drainSteps(facts, drainTimeoutMs) };
  },
};
