import type { Step } from '../steps/registry.js';
import type { Facts } from './facts.js';
import type { ExpectedLoss, MethodSteps } from './method.js';
import { carryStates, drainStepsOf, NEW, withMigration } from './parts.js';

/**
 * A process in the foreground belongs to whoever started it: when it ends, a supervisor starts
 * HAProxy again, by its own command line and with sockets of its own. The new process of the
 * method is therefore only a bridge: it serves until the supervisor's is up, and hands over to it
 * by SO_REUSEPORT with tcp_migrate_req. Pure.
 */
export function throughBridge(
  { handOver, retire }: MethodSteps,
  facts: Facts,
  drainTimeoutMs: number,
): MethodSteps {
  if (facts.supervisor === null) return { handOver, retire };
  const again = { startedBy: 'again' };
  const { admin, sockets } = facts.runtime;
  const [drained, stop] = drainStepsOf(NEW, facts, drainTimeoutMs, 'bridge-');
  const leave: Step = {
    kind: 'quiesce',
    id: 'bridge-quiesce',
    process: NEW,
    sockets,
    frontends: facts.frontends.map(({ name }) => name),
    pauseFirst: true,
  };
  // Who may not shut its frontends down can only soft-stop it.
  const parting = admin ? [leave] : [stop];
  const keep: Step = { kind: 'keep-reachable', id: 'bridge-link', sockets };
  return {
    // Before anything tells the old one to finish: its end is what the supervisor waits for.
    handOver: handOver.flatMap((step) => (admin && step.id === 'confirm' ? [step, keep] : [step])),
    retire: [
      ...(admin ? [openBridge(facts)] : []),
      ...retire,
      {
        kind: 'await-replacement',
        id: 'again',
        supervisor: facts.supervisor,
        program: facts.program.split('/').at(-1) ?? 'haproxy',
        old: facts.serving,
        bridge: NEW,
        listeners: [...facts.listeners.kept, ...facts.listeners.added].map(({ family, local }) => ({
          family,
          local,
        })),
        endTimeoutMs: drainTimeoutMs,
      },
      ...carryStates(facts, again, 'again-'),
      ...(facts.migrateRequests === 'absent'
        ? parting
        : withMigration(facts, parting, again, 'bridge-')),
      ...(admin ? [drained, stop] : []),
    ],
  };
}

function openBridge({ runtime: { sockets } }: Facts): Step {
  return { kind: 'open-runtime', id: 'bridge-runtime', process: NEW, sockets };
}

/** What the second hand-over, to the supervisor's process, cannot keep. */
export function supervisedLosses(facts: Facts): readonly ExpectedLoss[] {
  if (facts.supervisor === null) return [];
  const unix = facts.listeners.kept.filter(({ family }) => family === 'unix');
  const losses: ExpectedLoss[] = [];
  const because =
    'HAProxy runs in the foreground, and the process that its supervisor starts next brings its own sockets';
  const remedy = 'have the supervisor run HAProxy with a master (-W -db, or -Ws under systemd)';
  if (facts.migrateRequests === 'absent' || !facts.runtime.admin) {
    losses.push({ what: 'connections that wait in the queue of the bridge', because, remedy });
  }
  if (unix.length > 0) {
    const names = unix.map(({ local }) => local).join(', ');
    losses.push({ what: `connections that wait in the queue of ${names}`, because, remedy });
  }
  return losses;
}
