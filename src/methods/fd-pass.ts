import type { Facts } from './facts.js';
import type { Method } from './method.js';
import {
  awaitStoppingStep,
  carryStates,
  idleClientLosses,
  NEW,
  softStopStep,
  startSteps,
  unpassedListeners,
  unpassedLosses,
  stateBefore,
  withMigration,
  expectedListeners,
} from './parts.js';
import { supervisedLosses } from './supervised.js';
import type { Step } from '../steps/registry.js';

/**
 * The new process receives the listening sockets of the old one, so that no queue is ever closed.
 * HAProxy's own way since 1.8 (`-x`, `expose-fd listeners`; a master does it by itself). Unlike
 * `-sf`, the old process is told to finish only when the new one has been proven: a failed start
 * with `-sf` can leave the old one with paused listeners (seen in 2.6.12).
 */
export const fdPass: Method = {
  summary: 'the new process receives the listening sockets of the old one',
  assess: (facts) => {
    if (facts.master === null && facts.runtime.passesSocketsAt === null) {
      return {
        usable: false,
        because: 'no stats socket of the running HAProxy exposes its listeners',
        remedy: 'add "stats socket PATH level admin expose-fd listeners" to the global section',
      };
    }
    return {
      usable: true,
      losses: [...idleClientLosses(facts), ...unpassedLosses(facts), ...supervisedLosses(facts)],
    };
  },
  startIsCheck: (facts) => facts.master === null,
  plan: (_request, facts) => ({ handOver: covered(facts), retire: [] }),
};

function covered(facts: Facts): readonly Step[] {
  const steps = facts.master === null ? daemonSteps(facts) : masterSteps(facts, facts.master);
  const needsCover = unpassedListeners(facts).length > 0 && facts.migrateRequests !== 'absent';
  return needsCover ? withMigration(facts, steps) : steps;
}

function daemonSteps(facts: Facts): readonly Step[] {
  return [...startSteps(facts, { passSockets: true }), softStopStep(facts)];
}

/** The master tells its old worker to finish by itself, once the new one is up. */
function masterSteps(facts: Facts, master: NonNullable<Facts['master']>): readonly Step[] {
  return [
    ...stateBefore(facts),
    {
      kind: 'reload-master',
      id: 'start',
      master,
      masterSocket: facts.masterSocket,
      program: facts.program.split('/').at(-1) ?? 'haproxy',
    },
    ...carryStates(facts, NEW),
    {
      kind: 'confirm-generation',
      id: 'confirm',
      process: NEW,
      sockets: facts.runtime.sockets,
      listeners: expectedListeners(facts, true),
    },
    awaitStoppingStep(facts),
  ];
}
