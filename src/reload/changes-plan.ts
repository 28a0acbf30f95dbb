import { HitlessError } from '../error.js';
import { findInstance, type Instance, type Target } from '../haproxy/instance.js';
import { openRuntimes } from '../haproxy/runtime/runtimes.js';
import type { Host } from '../host/host.js';
import { checkConfig } from './check-config.js';
import { computeChanges, type Changes, type ChangesRequest } from './compute-changes.js';

export interface ChangesPlanRequest extends ChangesRequest {
  readonly target: Target;
  readonly timeoutMs: number;
}

export interface ChangesPlan extends Changes {
  readonly instance: Instance;
}

/**
 * What would change, checked with HAProxy itself first. Touches nothing but a candidate file
 * beside the one that a new file is for.
 *
 * @throws HitlessError `config-invalid` with HAProxy's own reasons and places; as computeChanges
 */
export async function planChanges(
  host: Host,
  request: ChangesPlanRequest,
  stateDir: string,
): Promise<ChangesPlan> {
  const runtimes = openRuntimes(host, request.timeoutMs);
  try {
    const instance = await findInstance(host, request.target);
    const changes = await computeChanges(host, runtimes, instance, request, stateDir);
    await checkChanges(host, changes, request);
    return { ...changes, instance };
  } finally {
    runtimes.closeAll();
  }
}

/** An error in the new file is told with the place in that file. */
export async function checkChanges(
  host: Host,
  { examined, fileEdits }: Changes,
  { newFile }: ChangesRequest,
): Promise<void> {
  try {
    await checkConfig(host, examined.check, fileEdits);
  } catch (error) {
    const [edit] = fileEdits;
    if (!(error instanceof HitlessError) || newFile === undefined || edit === undefined)
      throw error;
    const named = (text: string): string => text.replaceAll(edit.file.path, newFile.path);
    throw new HitlessError(error.code, error.exitCode, named(error.message), {
      ...(error.subject === undefined ? {} : { subject: named(error.subject) }),
      ...(error.hint === undefined ? {} : { hint: error.hint }),
      cause: error,
    });
  }
}
