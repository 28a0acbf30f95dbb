import type { ProcessId } from '../host/host.js';
import { failed } from '../error.js';
import { expectNamespace } from './own-namespace.js';
import type { StepDefinition } from './definition.js';

/** Sets a kernel parameter in the network namespace of a process. */
export interface SetSysctl {
  readonly kind: 'set-sysctl';
  readonly id: string;
  readonly name: string;
  readonly value: string;
  readonly namespaceOf: ProcessId;
}

export const setSysctl: StepDefinition<SetSysctl> = {
  effect: 'reversible',
  describe: (step) => `set ${step.name}=${step.value}`,
  prepare: async (step, { host }) => {
    const former = await host.kernel.sysctl(step.name, step.namespaceOf.pid);
    if (former === undefined) {
      throw failed('method-unusable', `this kernel has no ${step.name}`, { subject: step.name });
    }
    const process = await host.processes.info(step.namespaceOf.pid);
    return { former, ownNamespace: process?.foreign.net === false };
  },
  apply: async (step, { host }) => {
    await host.kernel.setSysctl(step.name, step.value, step.namespaceOf.pid);
    return undefined;
  },
  verify: async (step, { host }) => {
    const seen = await host.kernel.sysctl(step.name, step.namespaceOf.pid);
    return seen === step.value ? undefined : `${step.name} is ${seen ?? 'not there'}`;
  },
  undo: async (step, { host, before }) => {
    const { former } = before(step.id);
    if (typeof former !== 'string') return;
    await expectNamespace(host, step.namespaceOf, before(step.id));
    await host.kernel.setSysctl(step.name, former, step.namespaceOf.pid);
  },
};
