import type { Instance } from '../haproxy/instance.js';
import type { RuntimeChange } from '../haproxy/runtime/change.js';
import type { Host } from '../host/host.js';
import type { Step } from '../steps/registry.js';
import { keepSteps } from './keep-step.js';
import type { Plan } from './plan.js';
import { editSteps, type Examined } from './prepare.js';

export interface RuntimeParts {
  readonly changes: readonly RuntimeChange[];
  readonly sockets: readonly string[];
  readonly examined: Examined;
  /** The files, edits included, are then all that runs: `plan` may compare with them. */
  readonly keep: boolean;
  readonly notes: readonly string[];
}

/**
 * The process first, the files last: HAProxy decides, and until it has, the files are not touched.
 * Killed in between, files and whoever reloads them know only the former state.
 */
export async function runtimePlan(
  host: Host,
  { serving }: Instance,
  { changes, sockets, examined, keep, notes }: RuntimeParts,
): Promise<Plan> {
  const process = { pid: serving.pid, startTicks: serving.startTicks };
  const change: Step = { kind: 'runtime-change', id: 'change', process, sockets, changes };
  return {
    method: 'runtime',
    reasons: ['runtime: HAProxy makes the change itself, the process stays'],
    losses: [],
    unverified: null,
    notes,
    oldPids: [serving.pid],
    starts: [],
    handOver: [
      ...(changes.length > 0 ? [change] : []),
      ...(await editSteps(examined.edits)),
      ...(keep ? await keepSteps(host, examined, process) : []),
    ],
    retire: [],
  };
}

/** What kept a change from being made at run time stands last. */
export function notAtRuntime(plan: Plan, because: string): Plan {
  return { ...plan, reasons: [...plan.reasons, `not runtime: ${because}`] };
}
