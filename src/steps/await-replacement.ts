import { failed } from '../error.js';
import { listenersOf, type Listener } from '../haproxy/listeners.js';
import type { ProcessId, ProcessInfo } from '../host/host.js';
import { waitFor } from '../host/wait.js';
import { processOf, type ProcessRef, type StepContext, type StepDefinition } from './definition.js';

/**
 * Waits until a supervisor has seen the old process end and has started HAProxy again, and until
 * that one listens. Only then may the process that bridged the gap go.
 */
export interface AwaitReplacement {
  readonly kind: 'await-replacement';
  readonly id: string;
  readonly supervisor: ProcessId;
  readonly program: string;
  readonly old: ProcessId;
  readonly bridge: ProcessRef;
  readonly listeners: readonly Pick<Listener, 'family' | 'local'>[];
  /** Until the old process has ended. */
  readonly endTimeoutMs: number;
}

/** Supervisors pause before a restart: runit 1 s, systemd 0.1 s, supervisord 1 s. */
const RESTART_TIMEOUT_MS = 15_000;

export const awaitReplacement: StepDefinition<AwaitReplacement> = {
  effect: 'none',
  describe: (step) =>
    `wait until the supervisor (pid ${step.supervisor.pid}) has started HAProxy again`,
  apply: async (step, context) => {
    const { clock } = context.host;
    const ended = await waitFor(
      async () => ((await context.host.processes.isAlive(step.old)) ? undefined : true),
      { timeoutMs: step.endTimeoutMs, intervalMs: 20, clock },
    );
    if (ended === undefined) throw oldGoesOn(step, context);
    const seen = await waitFor(async () => await replacement(step, context), {
      timeoutMs: RESTART_TIMEOUT_MS,
      intervalMs: 20,
      clock,
    });
    if (seen === undefined) throw notStartedAgain(step, context);
    return { pid: seen.pid, startTicks: seen.startTicks };
  },
  verify: async () => undefined,
};

async function replacement(
  step: AwaitReplacement,
  context: StepContext,
): Promise<ProcessInfo | undefined> {
  const bridge = processOf(step.bridge, context);
  const candidates = (await context.host.processes.named(step.program)).filter(
    ({ pid, parentPid }) => parentPid === step.supervisor.pid && pid !== bridge.pid,
  );
  const newest = candidates.at(-1);
  if (newest === undefined || newest.pid === step.old.pid) return undefined;
  const owned = await listenersOf(context.host, newest);
  const complete = step.listeners.every(({ family, local }) =>
    owned.some((listener) => listener.family === family && listener.local === local),
  );
  return complete ? newest : undefined;
}

function oldGoesOn(step: AwaitReplacement, context: StepContext): Error {
  const { pid } = processOf(step.bridge, context);
  return failed('drain-timeout', `pid ${step.old.pid} still serves the connections that it has`, {
    subject: `pid ${step.old.pid}`,
    hint: `pid ${pid} takes the new ones meanwhile; "hitless recover" goes on when ${step.old.pid} has ended`,
  });
}

function notStartedAgain(step: AwaitReplacement, context: StepContext): Error {
  const { pid } = processOf(step.bridge, context);
  return failed('not-confirmed', `pid ${step.supervisor.pid} has not started HAProxy again`, {
    subject: `pid ${step.supervisor.pid}`,
    hint: `pid ${pid} serves on in its place; "hitless recover" goes on when HAProxy has been started`,
  });
}
