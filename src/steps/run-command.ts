import { failed } from '../error.js';
import type { StepDefinition } from './definition.js';

/**
 * Runs a command to its end: a check, or what reloads an instance that takes no connections at the
 * time. There is nothing to undo: whether an instance serves afterwards, the next look tells.
 */
export interface RunCommand {
  readonly kind: 'run-command';
  readonly id: string;
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly timeoutMs: number;
  /** What to do when it fails. */
  readonly hint: string;
}

export const runCommand: StepDefinition<RunCommand> = {
  effect: 'reversible',
  describe: (step) => `run ${step.argv.join(' ')}`,
  apply: async ({ argv, cwd, timeoutMs, hint }, { host }) => {
    const { code, stdout, stderr } = await host.run({ argv, cwd, timeoutMs });
    if (code === 0) return undefined;
    const said = (stderr || stdout).trim().split('\n').at(-1) ?? '';
    throw failed('step-failed', `${argv.join(' ')} failed (exit code ${code}): ${said}`, {
      subject: argv.join(' '),
      hint,
    });
  },
  verify: async () => undefined,
  undo: async () => undefined,
};
