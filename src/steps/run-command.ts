import { failed } from '../error.js';
import type { ProcessId } from '../host/host.js';
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
  /** Environment and namespaces are those of this process; hitless' own when null. */
  readonly like: ProcessId | null;
  /** Instead of that process's environment, where it cannot be learnt. */
  readonly environment: Readonly<Record<string, string>> | null;
  readonly timeoutMs: number;
  /** What to do when it fails. */
  readonly hint: string;
}

export const runCommand: StepDefinition<RunCommand> = {
  effect: 'reversible',
  describe: (step) => `run ${step.argv.join(' ')}`,
  apply: async ({ argv, cwd, like, environment, timeoutMs, hint }, { host }) => {
    const env =
      environment ?? (like === null ? undefined : await host.processes.environment(like.pid));
    const { code, stdout, stderr } = await host.run({
      argv,
      cwd,
      timeoutMs,
      ...(env === undefined ? {} : { env }),
      ...(like === null ? {} : { namespacesOf: like.pid }),
    });
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
