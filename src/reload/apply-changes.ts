import { findInstance, type Instance } from '../haproxy/instance.js';
import type { ConfigChange } from '../haproxy/runtime/change.js';
import type { Runtimes } from '../haproxy/runtime/runtimes.js';
import type { Host } from '../host/host.js';
import { checkChanges } from './changes-plan.js';
import { computeChanges, type Changes, type NewFile } from './compute-changes.js';
import type { Plan } from './plan.js';
import { planReload } from './prepare.js';
import { awaitRoom, type ReloadOptions } from './reload.js';
import type { ReloadRequest } from './request.js';
import { runPlan, UNCHANGED, type PlanResult } from './run-plan.js';
import { notAtRuntime, runtimePlan } from './runtime-plan.js';
import { refuseStale, requestIn, type SavedPlan } from './saved-plan.js';

export interface ApplyChangesRequest extends ReloadRequest {
  /** What shall stand in one of the files; else they themselves are what is new. */
  readonly newFile?: NewFile;
  /** What was shown, and is done only if it still holds. */
  readonly saved?: { readonly path: string; readonly plan: SavedPlan };
}

/**
 * Has HAProxy run what the files, or a new one, say: at run time when all that differs can be made
 * so, and otherwise by a reload, to which the part is left then that could be.
 *
 * @throws HitlessError with the exit code that says how things stand
 */
export async function applyChanges(
  host: Host,
  request: ApplyChangesRequest,
  options: ReloadOptions,
): Promise<PlanResult> {
  return await runPlan(
    host,
    { ...options, timeoutMs: request.timeoutMs },
    async (runtimes) => await prepareChanges(host, runtimes, request, options),
  );
}

async function prepareChanges(
  host: Host,
  runtimes: Runtimes,
  request: ApplyChangesRequest,
  { dryRun, stateDir }: Pick<ReloadOptions, 'dryRun' | 'stateDir'>,
): Promise<Plan | typeof UNCHANGED> {
  const instance = await findInstance(host, request.target);
  const asked = request.saved === undefined ? request : requestIn(request.saved.plan);
  const changes = await computeChanges(host, runtimes, instance, asked, stateDir);
  const { saved } = request;
  if (saved !== undefined) {
    await refuseStale(host, saved.path, saved.plan, { ...changes, instance });
  }
  if (changes.needsReload) {
    const now = dryRun ? instance : await awaitRoom(host, request);
    return await reloadPlan(host, runtimes, request, now, { ...changes, keptIn: stateDir });
  }
  if (changes.runtimeChanges.length === 0 && changes.fileEdits.length === 0) return UNCHANGED;
  await checkChanges(host, changes, asked);
  return await runtimePlan(host, instance, {
    changes: changes.runtimeChanges,
    sockets: changes.sockets,
    examined: changes.examined,
    keep: true,
    notes: changes.notes,
  });
}

async function reloadPlan(
  host: Host,
  runtimes: Runtimes,
  request: ApplyChangesRequest,
  instance: Instance,
  { examined, changes, keptIn }: Changes & { readonly keptIn: string },
): Promise<Plan> {
  const files = { ...examined, keptIn };
  const plan = await planReload(host, runtimes, request, instance, files);
  return notAtRuntime(plan, reasonIn(changes));
}

/** The first one, and how many more there are. */
function reasonIn(changes: readonly ConfigChange[]): string {
  const reloads = changes.filter(({ by }) => by.kind === 'reload');
  const [first] = reloads;
  if (first === undefined || first.by.kind !== 'reload') return '';
  const more = reloads.length > 1 ? ` (and ${reloads.length - 1} more)` : '';
  return `${first.subject}: ${first.by.because}${more}`;
}
