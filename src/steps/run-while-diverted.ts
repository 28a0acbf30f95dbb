import { failed, messageOf } from '../error.js';
import { divertScript, startedScript, type Diversion } from '../host/diversion.js';
import type { CommandResult } from '../host/host.js';
import { isDiverting, nft, ownTables, whileDiverting } from './diverting.js';
import { firstTrouble } from './service-health.js';
import { NothingDone, type StepContext, type StepDefinition } from './definition.js';

/**
 * Runs the user's command while the peer serves. Never twice: a mark in the tables says that
 * it has been started, whoever was killed meanwhile.
 */
export interface RunWhileDiverted {
  readonly kind: 'run-while-diverted';
  readonly id: string;
  readonly argv: readonly string[];
  readonly diversion: Diversion;
  /** How the service is asked, should the command fail; as for `firstTrouble`. */
  readonly path: string | null;
  readonly timeoutMs: number;
}

export const runWhileDiverted: StepDefinition<RunWhileDiverted> = {
  effect: 'final',
  describe: ({ argv }) => `run ${argv.join(' ')}`,
  apply: async (step, context) => {
    const { host, runId } = context;
    const tables = await ownTables(host, step.diversion, runId);
    if (tables === undefined) throw new NothingDone(expired());
    if (tables.some(({ started }) => started)) return { code: null };
    // Taken up too late after a crash: clients have come back, and the command would cut them.
    if (!(await isDiverting(host, step.diversion))) throw new NothingDone(expired());
    await nft(host, startedScript(step.diversion));
    const { code, stderr } = await run(step, context);
    if (code === 0) return { code };
    throw await afterFailure(step, context, asFailed(step, code, stderr));
  },
  verify: async () => undefined,
};

async function run(
  { argv, diversion, timeoutMs }: RunWhileDiverted,
  { host }: StepContext,
): Promise<CommandResult> {
  const running = host.run({ argv, timeoutMs }).catch((error: unknown) => {
    return { code: null, stdout: '', stderr: messageOf(error) };
  });
  return await whileDiverting(host, diversion, running);
}

/** Where the service still answers, all can be put back. Else the peer serves on. */
async function afterFailure(
  { diversion, path }: RunWhileDiverted,
  { host }: StepContext,
  error: Error,
): Promise<Error> {
  if ((await firstTrouble(host, diversion, path)) === undefined) return new NothingDone(error);
  await nft(host, divertScript(diversion, true));
  return error;
}

function expired(): Error {
  return failed('interrupted', 'new flows are not diverted any more; the command was not run', {
    hint: 'run the command again',
  });
}

function asFailed({ argv }: RunWhileDiverted, code: number | null, stderr: string): Error {
  const how = code === null ? '' : ` (exit ${code})`;
  const said = stderr.trim().split('\n').slice(-3).join('\n');
  return failed('step-failed', `${argv.join(' ')} failed${how}: ${said}`, {
    subject: argv.join(' '),
    hint: 'new flows are served here again; mend the cause and run hitless once more',
  });
}
