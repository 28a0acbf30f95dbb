import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { entryPoint } from '../../entry-points.js';
import { failed } from '../../error.js';
import type { Guard, ProcessId, ProcessInfo } from '../host.js';
import { parseStat } from '../proc.js';
import { wholeArgv } from './commands.js';

/** As the program of the guard is told it, in one word. */
export interface GuardOrder {
  readonly name: string;
  readonly watches: ProcessId;
  readonly afterMs: number;
  readonly commands: readonly (readonly string[])[];
}

const PROGRAM = 'host/node/programs/guard.js';
const READY_TIMEOUT_MS = 10_000;

export async function startGuard({ netNamespaceOf, ...guard }: Guard): Promise<ProcessId> {
  // In the namespace that the commands are about: it stays there when its processes have ended.
  const order: GuardOrder = guard;
  const argv = [process.execPath, fileURLToPath(entryPoint(PROGRAM)), JSON.stringify(order)];
  const inside = netNamespaceOf === undefined ? {} : { netNamespaceOf };
  const [file = '', ...args] = wholeArgv({ argv, ...inside });
  const child = spawn(file, args, { detached: true, stdio: ['ignore', 'pipe', 'ignore'] });
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(notOnWatch(`nothing heard for ${READY_TIMEOUT_MS / 1000} s`));
    }, READY_TIMEOUT_MS);
    const settle = (act: () => void) => () => {
      clearTimeout(timer);
      act();
    };
    child.stdout.once('data', settle(resolve));
    child.once('error', (error) => settle(() => reject(notOnWatch(error.message)))());
    child.once('exit', (code) =>
      settle(() => reject(notOnWatch(`exit ${code ?? 'by a signal'}`)))(),
    );
  });
  child.stdout.destroy();
  child.unref();
  const pid = child.pid ?? 0;
  return { pid, startTicks: parseStat(readFileSync(`/proc/${pid}/stat`, 'utf8')).startTicks };
}

export function isGuardNamed({ argv }: ProcessInfo, name: string): boolean {
  if (argv[1]?.endsWith(`/${PROGRAM}`) !== true) return false;
  return (JSON.parse(argv[2] ?? '{}') as Partial<GuardOrder>).name === name;
}

function notOnWatch(why: string): Error {
  return failed('step-failed', `the guard of the hold did not start: ${why}`);
}
