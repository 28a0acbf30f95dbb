import { failed, HitlessError, refused } from '../error.js';
import { startEnvironment } from '../haproxy/environment.js';
import { asBinaryMissing } from '../haproxy/binary-missing.js';
import { alertsOf, describeAlerts, refusesConfiguration } from '../haproxy/messages.js';
import { listeningInodes } from '../haproxy/listeners.js';
import { removeTorn } from '../host/torn.js';
import { waitFor } from '../host/wait.js';
import { spareLink } from './spare-link.js';
import type { Host, ProcessId, ProcessInfo } from '../host/host.js';
import { NothingDone, RUN_MARK, type StepContext, type StepDefinition } from './definition.js';

/** Starts one more HAProxy beside the running one, in the way that one was started. */
export interface StartGeneration {
  readonly kind: 'start-generation';
  readonly id: string;
  readonly argv: readonly string[];
  /** Environment and namespaces are those of this process, read when the step is applied. */
  readonly like: ProcessId;
  readonly cwd: string;
  readonly user: { readonly uid: number; readonly gid: number };
  /** HAProxy writes its pid here; put back on undo. */
  readonly pidFile: string | null;
  /**
   * Unix sockets that the new process will bind anew, by renaming its own over them. A second
   * link keeps the old one's reachable, so that undo can rename it back.
   */
  readonly rebinds: readonly string[];
  /** Shorter than usual, where clients wait meanwhile. */
  readonly timeoutMs?: number;
}

export const startGeneration: StepDefinition<StartGeneration> = {
  // With -sf the new process tells the old one to finish by itself: no way back from there.
  effect: (step) => (step.argv.includes('-sf') ? 'final' : 'reversible'),
  describe: (step) => `start ${step.argv.join(' ')}`,
  prepare: async (step, { host }) => {
    const former = step.pidFile === null ? undefined : await host.files.read(step.pidFile);
    return { formerPidFile: former?.toString('latin1') ?? null };
  },
  apply: async (step, context) => {
    const { host } = context;
    const [earlier] = await startedProcesses(step, context);
    // Taken up after a crash: it runs already.
    if (earlier !== undefined) return { pid: earlier.pid, startTicks: earlier.startTicks };
    for (const path of step.rebinds) await host.files.link(path, spareLink(path, context));
    const error = await start(step, context);
    if (error !== undefined) throw await notStarted(step, context, error);
    const [process] = await startedProcesses(step, context);
    if (process === undefined) throw failed('start-failed', 'HAProxy ended as soon as it started');
    return { pid: process.pid, startTicks: process.startTicks };
  },
  verify: async (step, context) => {
    const processes = await startedProcesses(step, context);
    return processes.length > 0 ? undefined : 'the new process is gone';
  },
  undo: async (step, context) => {
    // First the path, so that it leads to the old process before the new one closes its socket.
    for (const path of step.rebinds) await restoreLink(path, context);
    for (const process of await startedProcesses(step, context)) await dismiss(process, context);
    await restorePidFile(step, context);
  },
  tidy: async (step, context) => {
    for (const path of step.rebinds) await context.host.files.remove(spareLink(path, context));
  },
};

/** @returns what kept the program from starting */
async function start(step: StartGeneration, context: StepContext): Promise<unknown> {
  const request = {
    argv: step.argv,
    cwd: step.cwd,
    env: await environment(step, context),
    namespacesOf: step.like.pid,
    user: step.user,
    timeoutMs: Math.min(step.timeoutMs ?? context.timeoutMs, context.timeoutMs),
  };
  try {
    const { code, stderr, stdout } = await context.host.run(request);
    return code === 0 ? undefined : didNotStart(step, stderr || stdout);
  } catch (error) {
    return asBinaryMissing(step.argv[0] ?? '', error);
  }
}

/** With -sf a start that was refused as a whole has told nobody; one that hangs may have. */
async function notStarted(
  step: StartGeneration,
  context: StepContext,
  error: unknown,
): Promise<unknown> {
  const refusedWhole = error instanceof HitlessError && error.code !== 'step-failed';
  if (!step.argv.includes('-sf') || !refusedWhole) return error;
  for (const path of step.rebinds) await restoreLink(path, context);
  return new NothingDone(error);
}

function didNotStart(step: StartGeneration, output: string): Error {
  const place = alertsOf(output)[0]?.place;
  if (place !== undefined || refusesConfiguration(output)) {
    // Refused while it read the configuration: it has bound nothing and told nobody.
    return refused('config-invalid', describeAlerts(output), {
      ...(place === undefined ? {} : { subject: `${place.file}:${place.line}` }),
      hint: 'nothing was touched; mend the configuration and run the command again',
    });
  }
  return failed('start-failed', `HAProxy did not start: ${describeAlerts(output)}`, {
    subject: step.argv.join(' '),
    hint: 'the old process serves on; mend the cause and run the command again',
  });
}

async function environment(
  step: StartGeneration,
  { host, runId }: StepContext,
): Promise<Readonly<Record<string, string>>> {
  const theirs = await host.processes.environment(step.like.pid);
  if (theirs === undefined) {
    throw failed('target-unreadable', `cannot read the environment of pid ${step.like.pid}`, {
      hint: 'run hitless as root, or as the user who started HAProxy',
    });
  }
  return { ...startEnvironment(theirs), [RUN_MARK]: runId };
}

/** Processes that this run started, found by their mark: also after hitless was killed. */
async function startedProcesses(
  step: StartGeneration,
  { host, runId }: StepContext,
): Promise<readonly ProcessInfo[]> {
  const name = (step.argv[0] ?? '').split('/').at(-1) ?? '';
  const candidates = await host.processes.named(name);
  const marks = await Promise.all(
    candidates.map(async ({ pid }) => (await host.processes.environment(pid))?.[RUN_MARK]),
  );
  return candidates.filter((_, at) => marks[at] === runId);
}

/** Long enough to answer what it has accepted; a process that hangs is killed. */
const DISMISS_TIMEOUT_MS = 5_000;

async function dismiss(process: ProcessInfo, context: StepContext): Promise<void> {
  const { host } = context;
  await host.processes.signal(process, 'SIGUSR1');
  const listensNoMore = await waitFor(
    async () => ((await ownsNoListener(host, process)) ? true : undefined),
    { timeoutMs: DISMISS_TIMEOUT_MS, clock: host.clock },
  );
  if (listensNoMore === undefined) await host.processes.signal(process, 'SIGKILL');
}

async function ownsNoListener(host: Host, process: ProcessId): Promise<boolean> {
  return (await listeningInodes(host, process)).size === 0;
}

async function restoreLink(path: string, context: StepContext): Promise<void> {
  await context.host.files.moveOver(spareLink(path, context), path);
  // rename(2) does nothing where both are names of the same socket: it was never bound anew.
  await context.host.files.remove(spareLink(path, context));
}

async function restorePidFile(step: StartGeneration, context: StepContext): Promise<void> {
  const { formerPidFile } = context.before(step.id);
  if (step.pidFile === null || typeof formerPidFile !== 'string') return;
  await removeTorn(context.host, step.pidFile);
  const content = Buffer.from(formerPidFile, 'latin1');
  const seen = await context.host.files.read(step.pidFile);
  if (seen?.equals(content) !== true) await context.host.files.replace(step.pidFile, content);
}
