import { setTimeout as hold } from 'node:timers/promises';
import { failed } from '../error.js';
import { waitFor } from '../host/node/wait.js';
import { sendSignal, stateOf } from './proc.js';

const STOP_TIMEOUT_MS = 1_000;

/** A process that does nothing until `resume` is called: what a loaded or swapping host does to it. */
export interface Stalled {
  resume(): void;
}

/**
 * Stops a process and waits until the kernel reports it as stopped.
 *
 * @param pid as the caller counts
 * @throws HitlessError `target-gone`
 */
export async function stop(pid: number, signal?: AbortSignal): Promise<Stalled> {
  // 0 would stop the whole group that this very process is in.
  if (pid <= 0) throw gone(pid);
  const resume = () => void sendSignal(pid, 'SIGCONT');
  if (!sendSignal(pid, 'SIGSTOP')) throw gone(pid);
  try {
    const options = { timeoutMs: STOP_TIMEOUT_MS, intervalMs: 1, ...(signal ? { signal } : {}) };
    if (await waitFor(() => stateOf(pid) === 'T' || undefined, options)) return { resume };
    throw gone(pid);
  } catch (error) {
    resume();
    throw error;
  }
}

/** Stalls a process for that long. It is resumed when aborted, too. */
export async function stall(pid: number, durationMs: number, signal?: AbortSignal): Promise<void> {
  const stalled = await stop(pid, signal);
  try {
    // The length of the stall is what is asked for; there is no condition to wait on.
    await hold(durationMs, undefined, signal ? { signal } : {});
  } finally {
    stalled.resume();
  }
}

function gone(pid: number): Error {
  return failed('target-gone', `process ${pid} cannot be stalled: it is gone`, {
    subject: String(pid),
  });
}
