import type { Step } from '../steps/registry.js';
import type { HoldTarget } from '../steps/holds/syn-hold.js';
import type { Facts, HoldFacts, Obstacle } from './facts.js';
import type { Assessment, MethodSteps } from './method.js';
import {
  drainSteps,
  idleClientLosses,
  NEW,
  openRuntimeStep,
  quiesceStep,
  softStopStep,
  startSteps,
  unixQueueLosses,
} from './parts.js';

/**
 * What the methods that hold SYNs back have in common. Both processes listen (SO_REUSEPORT), and
 * new connections are held from before the new process listens until the old one has closed its
 * listeners: so the queue of neither is ever closed with something in it, whichever of the two has
 * to go. What is under way when the hold begins is waited for. Pure.
 */

/** The kernel lifts a hold by itself after this, should hitless die. */
export const HOLD_MS = 10_000;

/** A final ACK is one round trip away; one that was lost comes again with the client's request. */
const QUIET_TIMEOUT_MS = 3_000;

/** Together with the wait before it shorter than the hold: it must not lapse on the way. */
const START_TIMEOUT_MS = 5_000;
const CONFIRM_TIMEOUT_MS = 1_500;

export function assessHolding(
  facts: Facts,
  obstacleIn: (holds: HoldFacts) => Obstacle | null,
): Assessment {
  const obstacle = wrongMode(facts) ?? (facts.holds === null ? UNSEEN : obstacleIn(facts.holds));
  if (obstacle !== null) return { usable: false, ...obstacle };
  if (heldListeners(facts).length === 0) return { usable: false, ...NOTHING_TO_HOLD };
  const idle = facts.runtime.admin ? [] : idleClientLosses(facts);
  const unix = unixQueueLosses(facts, 'only TCP connections can be held back');
  return { usable: true, losses: [...idle, ...unix] };
}

function wrongMode({ mode }: Facts): Obstacle | null {
  switch (mode) {
    case 'daemon':
      return null;
    case 'master-worker':
      return {
        because: 'a master tells its old worker to finish by itself, at once',
        remedy: 'use --method fd-pass',
      };
    case 'foreground':
      return {
        because: 'HAProxy runs in the foreground: its supervisor starts the next one, unheld',
        remedy: 'run HAProxy as a daemon (-D), or use --method quiesce or migrate',
      };
  }
}

const UNSEEN: Obstacle = {
  because: 'whether new connections can be held back here has not been looked at',
  remedy: 'ask for the method with --method',
};

const NOTHING_TO_HOLD: Obstacle = {
  because: 'HAProxy listens on no TCP port',
  remedy: 'use --method fd-pass or quiesce',
};

/** All TCP listeners of the running process: also those whose bind only HAProxy can name. */
export function heldListeners({
  listeners: { kept, unmatched },
}: Facts): Facts['listeners']['unmatched'] {
  return [...kept, ...unmatched]
    .filter(({ family }) => family !== 'unix')
    .map(({ family, local, inode }) => ({ family, local, inode }));
}

export function holdingPlan(
  facts: Facts,
  drainTimeoutMs: number,
  by: HoldTarget['by'],
): MethodSteps {
  const target: HoldTarget = {
    by,
    listeners: heldListeners(facts),
    interfaces: by === 'plug' ? (facts.holds?.interfaces ?? []) : [],
  };
  const start = startSteps(facts, {
    passSockets: false,
    startTimeoutMs: START_TIMEOUT_MS,
    confirmTimeoutMs: CONFIRM_TIMEOUT_MS,
  });
  const { admin } = facts.runtime;
  const handOver: readonly Step[] = [
    holdStep(facts, target, 'hold'),
    ...start,
    // The start has used some of the time.
    holdStep(facts, target, 'renew'),
    admin ? quiesceStep(facts, true) : softStopStep(facts),
    { kind: 'await-closed', id: 'closed', process: facts.serving, listeners: target.listeners },
    { kind: 'confirm-hold', id: 'held', namespaceOf: [NEW, facts.serving], ...target },
    {
      kind: 'release-syns',
      id: 'release',
      heldBy: 'hold',
      namespaceOf: [NEW, facts.serving],
      ...target,
    },
  ];
  if (!admin) return { handOver, retire: [] };
  return {
    handOver: [openRuntimeStep(facts), ...handOver],
    retire: drainSteps(facts, drainTimeoutMs),
  };
}

function holdStep(facts: Facts, target: HoldTarget, id: 'hold' | 'renew'): Step {
  return {
    kind: 'hold-syns',
    id,
    renews: id === 'renew',
    process: facts.serving,
    holdMs: HOLD_MS,
    quietTimeoutMs: QUIET_TIMEOUT_MS,
    ...target,
  };
}
