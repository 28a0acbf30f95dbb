import type { ProcessId } from '../host/host.js';
import { processOf, type ProcessRef, type StepContext, type StepDefinition } from './definition.js';
import { expectNamespace } from './own-namespace.js';

/** Puts a kernel parameter back to what it was before an earlier step of the same run. */
export interface RestoreSysctl {
  readonly kind: 'restore-sysctl';
  readonly id: string;
  /** The `set-sysctl` step that is taken back. */
  readonly setBy: string;
  readonly name: string;
  /**
   * A process in that network namespace that is alive by now: the old one may be gone.
   * Null: hitless itself.
   */
  readonly namespaceOf: ProcessRef | null;
}

export const restoreSysctl: StepDefinition<RestoreSysctl> = {
  effect: 'final',
  describe: (step) => `put ${step.name} back`,
  apply: async (step, context) => {
    const process = processIn(step, context);
    await expectNamespace(context.host, process, context.before(step.setBy));
    await context.host.kernel.setSysctl(step.name, former(step, context), process.pid);
    return undefined;
  },
  verify: async (step, context) => {
    const { pid } = processIn(step, context);
    const seen = await context.host.kernel.sysctl(step.name, pid);
    return seen === former(step, context) ? undefined : `${step.name} is ${seen ?? 'not there'}`;
  },
};

function processIn({ namespaceOf }: RestoreSysctl, context: StepContext): ProcessId {
  return namespaceOf === null ? context.host.self : processOf(namespaceOf, context);
}

function former(step: RestoreSysctl, context: StepContext): string {
  const value = context.before(step.setBy)['former'];
  if (typeof value !== 'string') throw new TypeError(`step ${step.setBy} recorded no value`);
  return value;
}
