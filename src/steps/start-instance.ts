import { basename } from 'node:path';
import { failed, HitlessError } from '../error.js';
import { leadersOf } from '../host/family.js';
import type { Host, ProcessId, ProcessInfo } from '../host/host.js';
import { openConnections } from '../host/let-go.js';
import { FLIP_TABLE } from '../host/nft-flip.js';
import { listTableArgv } from '../host/nft.js';
import { parseRuleset, portElements } from '../host/nft-list.js';
import { waitFor } from '../host/wait.js';
import { RUN_MARK, type StepContext, type StepDefinition } from './definition.js';

/** Starts one more instance of a service, on ports of its own. */
export interface StartInstance {
  readonly kind: 'start-instance';
  readonly id: string;
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly user: { readonly uid: number; readonly gid: number };
  /** Environment and namespaces are those of this process; hitless' own when null. */
  readonly like: ProcessId | null;
  /** Instead of that process's environment, where it cannot be learnt. */
  readonly environment: Readonly<Record<string, string>> | null;
  /** The command returns when the service runs in the background. */
  readonly daemonizes: boolean;
  /** Receives what a service in the foreground prints. */
  readonly logFile: string | null;
  readonly ports: readonly number[];
  /** What it makes itself and leaves behind: sockets, a pid file. */
  readonly leaves: readonly string[];
  /** A path on its command line that no other process has, for one that hides its environment. */
  readonly token: string | null;
  readonly stopSignal: NodeJS.Signals;
  /** How long undo lets clients stay that came while it served. */
  readonly drainTimeoutMs: number;
}

export const startInstance: StepDefinition<StartInstance> = {
  effect: 'reversible',
  describe: (step) => `start ${step.argv.join(' ')}`,
  apply: async (step, context) => {
    const [earlier] = leadersOf(await started(step, context));
    // Taken up after a crash: it runs already.
    if (earlier !== undefined) return idOf(earlier);
    const begun = await start(step, context);
    if (begun !== undefined) return idOf(begun);
    const [leader] = leadersOf(await started(step, context));
    if (leader === undefined) throw didNotStart(step, 'it ended as soon as it had started');
    return idOf(leader);
  },
  verify: async (step, context) => {
    // Of one in the foreground the next look tells what it said when it ended.
    if (!step.daemonizes || (await started(step, context)).length > 0) return undefined;
    return 'the new instance is gone';
  },
  undo: async (step, context) => {
    // The old one has ended and this one serves: nothing is better than that by now.
    if (await isLedTo(step, context)) return;
    await dismiss(step, context);
    const left = step.logFile === null ? step.leaves : [...step.leaves, step.logFile];
    for (const path of left) await context.host.files.remove(path);
  },
};

function idOf({ pid, startTicks }: ProcessId): { pid: number; startTicks: number } {
  return { pid, startTicks };
}

async function start(step: StartInstance, context: StepContext): Promise<ProcessId | undefined> {
  const { host } = context;
  const command = {
    argv: step.argv,
    cwd: step.cwd,
    env: await environment(step, context),
    ...(step.like === null ? {} : { namespacesOf: step.like.pid }),
    user: step.user,
  };
  if (!step.daemonizes) {
    const process = await host.processes.start({
      ...command,
      ...(step.logFile === null ? {} : { logFile: step.logFile }),
    });
    return process;
  }
  const { code, stdout, stderr } = await host
    .run({ ...command, timeoutMs: context.timeoutMs })
    .catch((error: unknown) => {
      throw error instanceof HitlessError && error.code === 'tool-missing'
        ? didNotStart(step, error.message)
        : error;
    });
  if (code !== 0) throw didNotStart(step, (stderr || stdout).trim() || `exit code ${code}`);
  return undefined;
}

async function environment(
  { like, environment: given }: StartInstance,
  { host, runId }: StepContext,
): Promise<Readonly<Record<string, string>>> {
  const { pid } = like ?? host.self;
  const theirs = given ?? (await host.processes.environment(pid));
  if (theirs === undefined) {
    throw failed('target-unreadable', `cannot read the environment of pid ${pid}`, {
      hint: 'run hitless as root, or as the user who started the service',
    });
  }
  return { ...theirs, [RUN_MARK]: runId };
}

function didNotStart(step: StartInstance, why: string): Error {
  return failed('start-failed', `the new instance did not start: ${why}`, {
    subject: step.argv.join(' '),
    hint: 'the old instance serves on; mend the cause and run the command again',
  });
}

/** All processes that came of the start, found again also after hitless was killed. */
async function started(
  step: StartInstance,
  { host, runId }: StepContext,
): Promise<readonly ProcessInfo[]> {
  const all = await host.processes.named('');
  const marked = await Promise.all(
    all.map(async (process) => (await hasMark(host, process, runId)) || hasToken(step, process)),
  );
  return all.filter((_, at) => marked[at] === true);
}

async function hasMark(host: Host, { pid }: ProcessInfo, runId: string): Promise<boolean> {
  return pid !== host.self.pid && (await host.processes.environment(pid))?.[RUN_MARK] === runId;
}

function hasToken({ token, argv }: StartInstance, process: ProcessInfo): boolean {
  if (token === null || !basename(process.exe).startsWith(basename(argv[0] ?? ''))) return false;
  return process.argv.some((word) => word.includes(token));
}

async function isLedTo(step: StartInstance, context: StepContext): Promise<boolean> {
  const processes = await started(step, context);
  const [leader] = leadersOf(processes);
  if (leader === undefined) return false;
  const { code, stdout } = await context.host.run({
    argv: listTableArgv(FLIP_TABLE),
    namespacesOf: leader.pid,
  });
  if (code !== 0) return false;
  const elements = portElements(parseRuleset(stdout), FLIP_TABLE);
  return elements.some(({ port }) => step.ports.includes(port));
}

/** Long enough to end when nobody is connected; a process that hangs is killed. */
const DISMISS_TIMEOUT_MS = 5_000;

async function dismiss(step: StartInstance, context: StepContext): Promise<void> {
  const { host } = context;
  const leaders = leadersOf(await started(step, context));
  for (const leader of leaders) await host.processes.signal(leader, step.stopSignal);
  const [first] = leaders;
  const limitMs = host.clock.now() + DISMISS_TIMEOUT_MS;
  await waitFor(
    async () => {
      if ((await started(step, context)).length === 0) return true;
      if (first === undefined || host.clock.now() < limitMs) return undefined;
      const open = await openConnections(host, { namespaceOf: first.pid, ports: step.ports });
      return open === 0 ? true : undefined;
    },
    { timeoutMs: step.drainTimeoutMs, intervalMs: 20, clock: host.clock },
  );
  for (const process of await started(step, context)) {
    await host.processes.signal(process, 'SIGKILL');
  }
}
