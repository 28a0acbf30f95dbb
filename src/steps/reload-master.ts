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
}

export const reloadMaster: StepDefinition<ReloadMaster> = {
  effect: 'final',
  describe: (step) => `have the master (pid ${step.master.pid}) reload (SIGUSR2)`,
  prepare: async (step, context) => ({
    workers: (await workersOf(step, context)).map(({ pid }) => pid),
    failedReloads: (await askMaster(step, context))?.failedReloads ?? 0,
  }),
  apply: async (step, context) => {
    // Taken up after a crash: the master may have reloaded already.
    const earlier = await look(step, context);
    if (earlier === 'refused') throw new NothingDone(refusedByMaster(step));
    if (earlier !== undefined) return { pid: earlier.pid, startTicks: earlier.startTicks };
    if (!(await context.host.processes.signal(step.master, 'SIGUSR2'))) {
      throw new NothingDone(failed('target-gone', `the master (pid ${step.master.pid}) is gone`));
    }
    const outcome = await waitFor(async () => await look(step, context), {
      timeoutMs: context.timeoutMs,
      clock: context.host.clock,
    });
    if (outcome === undefined) throw new NothingDone(ignored(step, context));
    if (outcome === 'refused') throw new NothingDone(refusedByMaster(step));
    return { pid: outcome.pid, startTicks: outcome.startTicks };
  },
  verify: async (step, context) => {
    const { pid } = context.after(step.id);
    const workers = await newWorkers(step, context);
    const there = pid === undefined ? workers.length > 0 : workers.some((one) => one.pid === pid);
    return there ? undefined : 'the master has no new worker';
  },
};

async function look(
  step: ReloadMaster,
  context: StepContext,
): Promise<ProcessInfo | 'refused' | undefined> {
  const worker = (await newWorkers(step, context)).at(-1);
  // A new worker may still die at once: the master's own list settles it where it can be asked.
  if (step.masterSocket === null) return worker;
  const told = await askMaster(step, context);
  if (told === undefined) return undefined;
  if ((told.failedReloads ?? 0) > Number(context.before(step.id)['failedReloads']))
    return 'refused';
  const listed = told.processes.some(
    ({ pid, kind, old }) => pid === worker?.pid && kind === 'worker' && !old,
  );
  return listed ? worker : undefined;
}

/** Workers that were not there when the step began, oldest first. */
async function newWorkers(
  step: ReloadMaster,
  context: StepContext,
): Promise<readonly ProcessInfo[]> {
  const { workers } = context.before(step.id);
  const known = new Set(Array.isArray(workers) ? (workers as readonly unknown[]) : []);
  return (await workersOf(step, context)).filter(({ pid }) => !known.has(pid));
}

async function workersOf(
  { program, master }: ReloadMaster,
  { host }: StepContext,
): Promise<readonly ProcessInfo[]> {
  const processes = await host.processes.named(program);
  return processes.filter(({ parentPid }) => parentPid === master.pid);
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
      hint: 'the old worker serves on; HAProxy\'s log has the reason, and "hitless reload --dry-run" checks again',
    },
  );
}

function ignored(step: ReloadMaster, context: StepContext): Error {
  return failed(
    'master-ignored',
    `the master (pid ${step.master.pid}) has shown no new worker within ${context.timeoutMs} ms of SIGUSR2`,
    {
      subject: `pid ${step.master.pid}`,
      hint: 'the old worker serves on; is the master stopped or stuck? "hitless status" shows it. The signal waits for it: it will reload when it goes on',
    },
  );
}
