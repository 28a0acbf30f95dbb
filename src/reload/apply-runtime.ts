import { refused } from '../error.js';
import { printText, type Document } from '../haproxy/config/document.js';
import { findInstance, type Instance } from '../haproxy/instance.js';
import type { RuntimeChange } from '../haproxy/runtime/change.js';
import type { Runtimes } from '../haproxy/runtime/runtimes.js';
import type { Host } from '../host/host.js';
import { checkConfig } from './check-config.js';
import type { Plan } from './plan.js';
import { examine, planReload, type Examined } from './prepare.js';
import { awaitRoom, type ReloadOptions } from './reload.js';
import type { ReloadRequest } from './request.js';
import { readRunning } from './running.js';
import { runPlan, UNCHANGED, type PlanResult } from './run-plan.js';
import { outlookFor, type Outlook } from './runtime-outlook.js';
import { notAtRuntime, runtimePlan } from './runtime-plan.js';

/** Changes of the running process, and the edit of the files that says the same. */
export interface ApplyRequest extends ReloadRequest {
  /** `before` is filled in from what HAProxy shows. */
  readonly changes: readonly RuntimeChange[];
}

/**
 * Makes changes at run time when all of them can be, and otherwise reloads with the edited files.
 *
 * @throws HitlessError with the exit code that says how things stand
 */
export async function applyRuntime(
  host: Host,
  request: ApplyRequest,
  options: ReloadOptions,
): Promise<PlanResult> {
  return await runPlan(
    host,
    { ...options, timeoutMs: request.timeoutMs },
    async (runtimes, stateDir) =>
      await prepareApply(host, runtimes, request, stateDir, options.stateDir),
  );
}

/** @param keptIn where what runs is kept; `stateDir` is null for a dry run */
async function prepareApply(
  host: Host,
  runtimes: Runtimes,
  request: ApplyRequest,
  stateDir: string | null,
  keptIn: string,
): Promise<Plan | typeof UNCHANGED> {
  const instance = await findInstance(host, request.target);
  const examined = await examine(host, instance, request, stateDir);
  const edited = editedBy(request, examined);
  const outlook = await outlookFor(runtimes, instance, request.changes, examined);
  if (outlook.kind === 'reload') {
    if (edited !== 'edited') throw impossible(outlook, edited);
    const now = stateDir === null ? instance : await awaitRoom(host, request);
    const plan = await planReload(host, runtimes, request, now, { ...examined, keptIn });
    return notAtRuntime(plan, outlook.because);
  }
  if (outlook.changes.length === 0 && examined.edits.length === 0) return UNCHANGED;
  if (examined.edits.length > 0) await checkConfig(host, examined.check, examined.edits);
  return await runtimePlan(host, instance, {
    ...outlook,
    examined,
    keep: edited === 'edited' && (await runsTheFiles(host, instance, examined, keptIn)),
    notes:
      edited === 'left alone'
        ? ['the files are left alone: a reload by others forgets the change']
        : [],
  });
}

type Edited = 'edited' | 'as wanted' | 'left alone';

/** Files that say so already are no reason to leave the process as it is. */
function editedBy({ edit }: ApplyRequest, { edits }: Examined): Edited {
  if (edit === undefined) return 'left alone';
  return edits.length > 0 ? 'edited' : 'as wanted';
}

function impossible(
  { because, remedy }: Extract<Outlook, { kind: 'reload' }>,
  edited: Edited,
): Error {
  return refused('method-unusable', `it cannot be done at run time: ${because}`, {
    hint: edited === 'as wanted' ? 'the files say so already: "hitless reload"' : remedy,
  });
}

/** Other changes may wait in the files for the next reload: then they are not what runs. */
async function runsTheFiles(
  host: Host,
  instance: Instance,
  { check }: Examined,
  keptIn: string,
): Promise<boolean> {
  const running = await readRunning(host, instance, keptIn);
  if (running.kind === 'unknown') return false;
  const texts = (documents: readonly Document[]): string =>
    JSON.stringify(documents.map(printText));
  return texts(running.config.documents) === texts(check.files.map(({ document }) => document));
}
