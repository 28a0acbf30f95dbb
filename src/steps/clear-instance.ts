import { removeTorn } from '../host/torn.js';
import { describeRef, processOf, type ProcessRef, type StepDefinition } from './definition.js';
import type { ProcessId } from '../host/host.js';
import type { StepContext } from './definition.js';

/** Removes what only an ended instance had, and has what others know lead to its successor. */
export interface ClearInstance {
  readonly kind: 'clear-instance';
  readonly id: string;
  /** Null: there was none. */
  readonly old: ProcessId | null;
  readonly files: readonly string[];
  readonly successor: ProcessRef;
  /** Unix sockets under the names that the configuration gives them. */
  readonly links: readonly { readonly from: string; readonly to: string }[];
  readonly pidFile: string | null;
}

export const clearInstance: StepDefinition<ClearInstance> = {
  effect: 'final',
  describe: (step) =>
    `have ${describeRef(step.successor)} take the place of ${step.old === null ? 'none' : `pid ${step.old.pid}`}`,
  apply: async (step, context) => {
    await publish(step, context);
    if (step.old !== null && (await context.host.processes.isAlive(step.old))) {
      return { left: step.old.pid };
    }
    for (const path of step.files) await context.host.files.remove(path);
    return undefined;
  },
  verify: async () => undefined,
};

async function publish(step: ClearInstance, context: StepContext): Promise<void> {
  const { files } = context.host;
  for (const { from, to } of step.links) {
    if ((await files.info(from)) === undefined) continue;
    const second = `${to}.${context.runId}`;
    await files.link(from, second);
    await files.moveOver(second, to);
    // rename(2) does nothing where both are names of one socket already.
    await files.remove(second);
  }
  if (step.pidFile === null) return;
  const { pid } = processOf(step.successor, context);
  await removeTorn(context.host, step.pidFile);
  await files.replace(step.pidFile, Buffer.from(`${pid}\n`), PID_FILE_MODE);
}

const PID_FILE_MODE = 0o644;
