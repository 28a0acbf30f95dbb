import { failed } from '../error.js';
import { carryCommands, differenceFrom, nameOf } from '../haproxy/state/carry-commands.js';
import type { CarriedServer } from '../haproxy/state/carried-server.js';
import { parseServerStates } from '../haproxy/runtime/server-states.js';
import { describeRef, processOf, type ProcessRef, type StepDefinition } from './definition.js';
import type { StepContext } from './definition.js';

/**
 * Gives a process that has just started the states that servers had in the one before it, over its
 * runtime socket. Nothing to undo: they end with the process.
 */
export interface CarryStates {
  readonly kind: 'carry-states';
  readonly id: string;
  readonly process: ProcessRef;
  readonly sockets: readonly string[];
  readonly servers: readonly CarriedServer[];
}

const SHOWN = 5;

export const carryStates: StepDefinition<CarryStates> = {
  effect: 'reversible',
  describe: (step) => {
    const names = step.servers.slice(0, SHOWN).map((one) => `${nameOf(one.server)} ${states(one)}`);
    const more = step.servers.length > SHOWN ? `, and ${step.servers.length - SHOWN} more` : '';
    return `give ${describeRef(step.process)} the state of ${names.join(', ')}${more}`;
  },
  apply: async (step, context) => {
    const connection = await connectionOf(step, context);
    // What is refused shows in what the process says afterwards.
    await connection.askAll(carryCommands(step.servers));
    return undefined;
  },
  verify: async (step, context) => {
    const process = processOf(step.process, context);
    // After a crash: it has ended since, and its states with it.
    if (!(await context.host.processes.isAlive(process))) return undefined;
    const connection = await connectionOf(step, context);
    const shown = parseServerStates(await connection.ask('show servers state'));
    const byName = new Map(shown.map((state) => [nameOf(state), state]));
    for (const server of step.servers) {
      const wrong = differenceFrom(server, byName.get(nameOf(server.server)));
      if (wrong !== undefined) return wrong;
    }
    return undefined;
  },
};

async function connectionOf(
  step: CarryStates,
  context: StepContext,
): ReturnType<StepContext['runtimes']['to']> {
  if (step.sockets.length === 0) throw failed('socket-silent', 'there is no stats socket');
  return await context.runtimes.to(processOf(step.process, context), step.sockets);
}

function states({ state, weight, down, healthOff, agentOff, address }: CarriedServer): string {
  return [
    ...(state === null ? [] : [state]),
    ...(down === null ? [] : ['down']),
    ...(weight === null ? [] : [`weight ${weight}`]),
    ...(address === null ? [] : [`address ${address.host}:${address.port}`]),
    ...(healthOff ? ['health checks off'] : []),
    ...(agentOff ? ['agent checks off'] : []),
  ].join(', ');
}
