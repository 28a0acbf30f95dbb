import { failed } from '../error.js';
import { parseStat } from '../haproxy/runtime/answers.js';
import { describeRef, processOf, type ProcessRef, type StepDefinition } from './definition.js';
import { reachableAt } from './spare-link.js';
import type { StepContext } from './definition.js';

/**
 * Ends the accepting of a generation without ending the generation.
 *
 * `shutdown frontend` stops a frontend's listeners at once and for good, marks its answers
 * `Connection: close`, and, unlike SIGUSR1, leaves idle kept-alive connections open until their
 * client has been told. HAProxy keeps the file descriptor when it exposes listeners to the next
 * process (do_unbind_listener in listener.c), so a socket that was *not* passed on would go on
 * queueing connections that nobody accepts: such a frontend has to be paused first
 * (`disable frontend`), which ends the listening itself.
 */
export interface Quiesce {
  readonly kind: 'quiesce';
  readonly id: string;
  readonly process: ProcessRef;
  readonly sockets: readonly string[];
  readonly frontends: readonly string[];
  readonly pauseFirst: boolean;
}

/**
 * A thread that was accepting when the frontend was shut down goes on, up to `tune.maxaccept`
 * connections (listener_accept in listener.c: the socket stays bound), and the scheduler may hold
 * it there for long. This command answers when every other thread has left what it was doing
 * (cli_io_handler_show_fd calls thread_isolate): from then on the clients that are there are all.
 */
const BARRIER = 'show fd 0';

export const quiesce: StepDefinition<Quiesce> = {
  effect: 'final',
  describe: (step) =>
    `stop accepting in ${describeRef(step.process)}, connections open there go on (${step.frontends.join(', ')})`,
  apply: async (step, context) => {
    const process = processOf(step.process, context);
    if (!(await context.host.processes.isAlive(process))) return undefined;
    const connection = await context.runtimes.to(process, reachableAt(step.sockets, context));
    if (step.pauseFirst) {
      for (const name of await open(step, context)) {
        expectSilence(await connection.ask(`disable frontend ${name}`), 'disable', name);
      }
    }
    for (const name of await open(step, context)) {
      expectSilence(await connection.ask(`shutdown frontend ${name}`), 'shutdown', name);
    }
    await connection.ask(BARRIER);
    return undefined;
  },
  verify: async (step, context) => {
    const process = processOf(step.process, context);
    if (!(await context.host.processes.isAlive(process))) return undefined;
    const left = await open(step, context);
    return left.length === 0 ? undefined : `${left.join(', ')} still accept`;
  },
};

/** Frontends of the step that have not been shut down. */
async function open(step: Quiesce, context: StepContext): Promise<readonly string[]> {
  const process = processOf(step.process, context);
  const connection = await context.runtimes.to(process, reachableAt(step.sockets, context));
  // Type 1: frontends only.
  const rows = parseStat(await connection.ask('show stat -1 1 -1'));
  const accepting = rows.filter(({ status }) => status !== 'STOP').map(({ pxname }) => pxname);
  return step.frontends.filter((name) => accepting.includes(name));
}

function expectSilence(answer: string, verb: string, frontend: string): void {
  const text = answer.trim();
  // "Frontend was previously ..." after a crash: the effect is there.
  if (text === '' || /already|previously/i.test(text)) return;
  throw failed('step-failed', `HAProxy refused to ${verb} frontend ${frontend}: ${text}`, {
    subject: frontend,
  });
}
