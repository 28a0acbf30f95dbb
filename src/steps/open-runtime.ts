import { parseInfo } from '../haproxy/runtime/answers.js';
import { describeRef, processOf, type ProcessRef, type StepDefinition } from './definition.js';
import { reachableAt } from './spare-link.js';

/**
 * Opens a runtime connection to a generation while its socket still leads to it: afterwards the
 * path leads to the next generation, or to either of the two.
 */
export interface OpenRuntime {
  readonly kind: 'open-runtime';
  readonly id: string;
  readonly process: ProcessRef;
  readonly sockets: readonly string[];
}

export const openRuntime: StepDefinition<OpenRuntime> = {
  effect: 'none',
  describe: (step) => `open an admin connection to ${describeRef(step.process)}`,
  apply: async (step, context) => {
    await context.runtimes.to(processOf(step.process, context), reachableAt(step.sockets, context));
    return undefined;
  },
  verify: async (step, context) => {
    const process = processOf(step.process, context);
    const connection = await context.runtimes.to(process, reachableAt(step.sockets, context));
    const pid = parseInfo(await connection.ask('show info')).get('Pid');
    return pid === String(process.pid) ? undefined : `pid ${pid ?? 'unknown'} answers`;
  },
};
