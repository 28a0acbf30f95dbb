import { refused } from '../error.js';
import { findInstance, type Instance } from '../haproxy/instance.js';
import { waitFor } from '../host/wait.js';
import type { Host } from '../host/host.js';
import { prepare } from './prepare.js';
import type { ReloadRequest } from './request.js';
import { runPlan, type PlanOptions, type PlanResult } from './run-plan.js';

export type ReloadOptions = Omit<PlanOptions, 'timeoutMs' | 'lock'>;

/**
 * The whole of a reload of HAProxy.
 *
 * @throws HitlessError with the exit code that says how things stand
 */
export async function reload(
  host: Host,
  request: ReloadRequest,
  options: ReloadOptions,
): Promise<PlanResult> {
  return await runPlan(
    host,
    { ...options, timeoutMs: request.timeoutMs },
    async (runtimes, stateDir) => {
      const instance =
        stateDir === null
          ? await findInstance(host, request.target)
          : await awaitRoom(host, request);
      const folders = { stateDir, keptIn: options.stateDir };
      return await prepare(host, runtimes, request, instance, folders);
    },
  );
}

/** Each old generation costs memory, and HAProxy's accept rate falls with their number. */
export async function awaitRoom(
  host: Host,
  request: Pick<ReloadRequest, 'target' | 'maxDraining' | 'timeoutMs'>,
): Promise<Instance> {
  let draining = 0;
  const room = await waitFor(
    async () => {
      const instance = await findInstance(host, request.target);
      draining = instance.draining.length;
      return draining < request.maxDraining ? instance : undefined;
    },
    { timeoutMs: request.timeoutMs, intervalMs: 50, clock: host.clock },
  );
  if (room !== undefined) return room;
  throw refused('too-many-generations', `${draining} old generations are still draining`, {
    hint: '"hitless status" shows what they wait for; raise --max-draining, or set hard-stop-after',
  });
}
