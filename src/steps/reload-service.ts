import { failed } from '../error.js';
import type { ProcessId } from '../host/host.js';
import { waitFor } from '../host/wait.js';
import { nginxComplaint } from '../services/nginx-log.js';
import { processesOf } from '../services/processes.js';
import { SERVICES } from '../services/registry.js';
import { shellText, type ServiceName } from '../services/service.js';
import { NothingDone, type StepContext, type StepDefinition } from './definition.js';

/**
 * Has the master of nginx or Apache reload and waits until it has new workers. Neither says what
 * came of a signal: its children, its error log and whether it lives are looked at.
 */
export interface ReloadService {
  readonly kind: 'reload-service';
  readonly id: string;
  readonly service: ServiceName;
  readonly master: ProcessId;
  /** Full paths. The new configuration's, since that is where a failing reload writes. */
  readonly errorLogs: readonly string[];
  /** The words that start it again, should it end. */
  readonly startArgv: readonly string[];
}

export const reloadService: StepDefinition<ReloadService> = {
  effect: 'final',
  describe: ({ service, master }) => {
    const { label, reloadSignal } = SERVICES[service];
    return `have ${label} (pid ${master.pid}) reload (${reloadSignal})`;
  },
  prepare: async (step, context) => ({
    workers: (await workersOf(step, context)).map(({ pid }) => pid),
    logBytes: Object.fromEntries(await logSizes(step, context)),
  }),
  apply: async (step, context) => {
    // Taken up after a crash: it may have reloaded already.
    if (!(await isUnderWay(step, context))) await signal(step, context);
    const pids = await waitFor(async () => await look(step, context), {
      timeoutMs: context.timeoutMs,
      clock: context.host.clock,
    });
    if (pids === undefined) throw new NothingDone(await ignored(step, context));
    return { pids };
  },
  verify: async (step, context) => {
    const workers = await newWorkers(step, context);
    return workers.length > 0 ? undefined : `pid ${step.master.pid} has no new worker`;
  },
};

/** New workers are there, or (Apache, for up to a second) none at all. */
async function isUnderWay(step: ReloadService, context: StepContext): Promise<boolean> {
  if ((await newWorkers(step, context)).length > 0) return true;
  return (await workersOf(step, context)).length === 0;
}

async function signal(step: ReloadService, context: StepContext): Promise<void> {
  const { label, reloadSignal } = SERVICES[step.service];
  if (await context.host.processes.signal(step.master, reloadSignal)) return;
  throw new NothingDone(failed('target-gone', `${label} (pid ${step.master.pid}) is gone`));
}

async function look(
  step: ReloadService,
  context: StepContext,
): Promise<readonly number[] | undefined> {
  const workers = await newWorkers(step, context);
  if (workers.length > 0) return workers;
  const complaint = await complaintOf(step, context);
  if (complaint?.final === true) throw new NothingDone(refusedBy(step, complaint.message));
  if (!(await context.host.processes.isAlive(step.master))) throw ended(step);
  return undefined;
}

/** Workers that were not there when the step began, oldest first. */
async function newWorkers(step: ReloadService, context: StepContext): Promise<readonly number[]> {
  const { workers } = context.before(step.id);
  const known = new Set(Array.isArray(workers) ? (workers as readonly unknown[]) : []);
  const pids = (await workersOf(step, context)).map(({ pid }) => pid);
  return pids.filter((pid) => !known.has(pid));
}

async function workersOf(
  { service, master }: ReloadService,
  { host }: StepContext,
): Promise<readonly ProcessId[]> {
  return (await processesOf(host, SERVICES[service], master)).workers;
}

async function logSizes(
  { errorLogs }: ReloadService,
  { host }: StepContext,
): Promise<readonly (readonly [string, number])[]> {
  return await Promise.all(
    errorLogs.map(async (path) => {
      const log = await host.files.appended(path, null);
      return [path, log?.sizeBytes ?? 0] as const;
    }),
  );
}

/** Apache ends when it cannot load a configuration: there is nothing to be read then. */
async function complaintOf(
  step: ReloadService,
  context: StepContext,
): Promise<ReturnType<typeof nginxComplaint>> {
  if (step.service !== 'nginx') return undefined;
  const sizes = context.before(step.id)['logBytes'] as Readonly<Record<string, number>> | undefined;
  for (const path of step.errorLogs) {
    const log = await context.host.files.appended(path, sizes?.[path] ?? 0);
    const complaint = nginxComplaint(log?.text ?? '', step.master.pid);
    if (complaint !== undefined) return complaint;
  }
  return undefined;
}

function refusedBy({ service, master }: ReloadService, why: string): Error {
  const { label } = SERVICES[service];
  return failed('start-failed', `${label} (pid ${master.pid}) kept its old configuration: ${why}`, {
    subject: `pid ${master.pid}`,
    hint: 'the old workers serve on; remove the cause and reload again',
  });
}

function ended({ service, master, startArgv }: ReloadService): Error {
  const { label } = SERVICES[service];
  return failed('target-gone', `${label} (pid ${master.pid}) has ended while it reloaded`, {
    subject: `pid ${master.pid}`,
    hint: `its error log has the reason; start it again: ${shellText(startArgv)}`,
  });
}

async function ignored(step: ReloadService, context: StepContext): Promise<Error> {
  const { label, reloadSignal } = SERVICES[step.service];
  const why = (await complaintOf(step, context))?.message;
  return failed(
    'master-ignored',
    `${label} (pid ${step.master.pid}) has shown no new worker within ${context.timeoutMs} ms of ${reloadSignal}${why === undefined ? '' : `: ${why}`}`,
    {
      subject: `pid ${step.master.pid}`,
      hint: 'the old workers serve on; is it stopped or stuck? its error log may have the reason',
    },
  );
}
