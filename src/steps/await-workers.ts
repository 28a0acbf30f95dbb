import { failed } from '../error.js';
import { listenersOf, type Listener } from '../haproxy/listeners.js';
import type { ProcessId } from '../host/host.js';
import { waitFor } from '../host/wait.js';
import { processesOf } from '../services/processes.js';
import { SERVICES } from '../services/registry.js';
import type { ServiceName } from '../services/service.js';
import type { StepContext, StepDefinition } from './definition.js';

/** Waits until new workers hold every listener and none of the old ones takes a connection. */
export interface AwaitWorkers {
  readonly kind: 'await-workers';
  readonly id: string;
  readonly service: ServiceName;
  readonly master: ProcessId;
  /** Pids of the workers that served before. */
  readonly old: readonly number[];
  readonly listeners: readonly Pick<Listener, 'family' | 'local'>[];
}

export const awaitWorkers: StepDefinition<AwaitWorkers> = {
  effect: 'none',
  describe: ({ listeners }) =>
    `wait until new workers own ${listeners.length} listener${listeners.length === 1 ? '' : 's'} and the old ones accept no more`,
  apply: async (step, context) => {
    let missing: string | undefined;
    const complete = await waitFor(
      async () => {
        missing = await missingOf(step, context);
        return missing === undefined ? true : undefined;
      },
      { timeoutMs: context.timeoutMs, intervalMs: 10, clock: context.host.clock },
    );
    if (complete !== undefined) return { pids: await currentPids(step, context) };
    throw failed('not-confirmed', missing ?? 'the new workers were not confirmed', {
      subject: `pid ${step.master.pid}`,
      hint: 'is a process stopped or stuck? "hitless recover" goes on when that has been seen to',
    });
  },
  verify: missingOf,
};

async function currentPids(step: AwaitWorkers, { host }: StepContext): Promise<readonly number[]> {
  const { workers } = await processesOf(host, SERVICES[step.service], step.master);
  return workers.map(({ pid }) => pid);
}

async function missingOf(step: AwaitWorkers, context: StepContext): Promise<string | undefined> {
  const { workers } = await processesOf(context.host, SERVICES[step.service], step.master);
  const old = workers.find(({ pid }) => step.old.includes(pid));
  if (old !== undefined) return `the old worker ${old.pid} goes on taking connections`;
  const owned: Listener[] = [];
  for (const worker of workers) owned.push(...(await listenersOf(context.host, worker)));
  const wanted = step.listeners.find(
    ({ family, local }) => !owned.some((one) => one.family === family && one.local === local),
  );
  return wanted === undefined ? undefined : `no new worker listens on ${wanted.local}`;
}
