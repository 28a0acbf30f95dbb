import { failed } from '../error.js';
import { parseShowProc, type MasterProcesses } from '../haproxy/runtime/answers.js';
import { waitFor } from '../host/wait.js';
import { NothingDone, type StepContext, type StepDefinition } from './definition.js';
import type { ProcessId, ProcessInfo } from '../host/host.js';

/**
 * Has a master reload (SIGUSR2) and waits until it has a new worker. HAProxy 2.6 says nothing of
 * the outcome by itself: the master is asked (`show proc`) where it has a socket, and its children
 * are looked at in any case.
 */
export interface ReloadMaster {
  readonly kind: 'reload-master';
  readonly id: string;
  readonly master: ProcessId;
  readonly masterSocket: string | null;
  readonly program: string;
  /** Workers before the reload. */
  readonly workers: readonly ProcessId[];
}

export const reloadMaster: StepDefinition<ReloadMaster> = {
  effect: 'final',
  describe: (step) => `have the master (pid ${step.master.pid}) reload (SIGUSR2)`,
  apply: async (step, context) => {
    const failedBefore = (await askMaster(step, context))?.failedReloads;
    if (!(await context.host.processes.signal(step.master, 'SIGUSR2'))) {
      throw new NothingDone(failed('target-gone', `the master (pid ${step.master.pid}) is gone`));
    }
    const outcome = await waitFor(async () => await look(step, context, failedBefore ?? 0), {
      timeoutMs: context.timeoutMs,
      clock: context.host.clock,
    });
    if (outcome === undefined) throw new NothingDone(ignored(step, context));
    if (outcome === 'refused') throw new NothingDone(refusedByMaster(step));
    return { pid: outcome.pid, startTicks: outcome.startTicks };
  },
  verify: async (step, context) =>
    (await newWorker(step, context)) === undefined ? 'the master has no new worker' : undefined,
};

async function look(
  step: ReloadMaster,
  context: StepContext,
  failedBefore: number,
): Promise<ProcessInfo | 'refused' | undefined> {
  const worker = await newWorker(step, context);
  // A new worker may still die at once: the master's own list settles it where it can be asked.
  if (step.masterSocket === null) return worker;
  const told = await askMaster(step, context);
  if (told === undefined) return undefined;
  if ((told.failedReloads ?? 0) > failedBefore) return 'refused';
  const listed = told.processes.some(
    ({ pid, kind, old }) => pid === worker?.pid && kind === 'worker' && !old,
  );
  return listed ? worker : undefined;
}

async function newWorker(
  step: ReloadMaster,
  { host }: StepContext,
): Promise<ProcessInfo | undefined> {
  const known = new Set(step.workers.map(({ pid }) => pid));
  const children = (await host.processes.named(step.program)).filter(
    ({ parentPid, pid }) => parentPid === step.master.pid && !known.has(pid),
  );
  return children.at(-1);
}

/** Undefined while the master executes itself anew and does not answer. */
async function askMaster(
  step: ReloadMaster,
  { host }: StepContext,
): Promise<MasterProcesses | undefined> {
  if (step.masterSocket === null) return undefined;
  const connection = await host.sockets.connect(step.masterSocket, 500).catch(() => undefined);
  try {
    const answer = await connection?.ask('show proc').catch(() => undefined);
    return answer === undefined ? undefined : parseShowProc(answer);
  } finally {
    connection?.close();
  }
}

function refusedByMaster(step: ReloadMaster): Error {
  return failed(
    'start-failed',
    `the master (pid ${step.master.pid}) could not load the configuration`,
    {
      subject: `pid ${step.master.pid}`,
      hint: "the old worker serves on; HAProxy's log has the reason, and hitless -f FILE --dry-run checks again",
    },
  );
}

function ignored(step: ReloadMaster, context: StepContext): Error {
  return failed(
    'master-ignored',
    `the master (pid ${step.master.pid}) has shown no new worker within ${context.timeoutMs} ms of SIGUSR2`,
    {
      subject: `pid ${step.master.pid}`,
      hint: 'the old worker serves on; is the master stopped or stuck? "hitless status" shows it',
    },
  );
}
