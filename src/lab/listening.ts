import { failed } from '../error.js';
import { waitFor } from '../host/node/wait.js';
import { listens } from './proc.js';
import { type LabProcess, logTail } from './process.js';

const LISTEN_TIMEOUT_MS = 10_000;

/**
 * Waits until a port is listened on in the network namespace of the process.
 *
 * @throws HitlessError `start-failed` with the end of the process's log when it ends or is late
 */
export async function awaitListening(
  service: LabProcess,
  port: number,
  signal?: AbortSignal,
): Promise<void> {
  let ended = false;
  void service.exited.then(() => {
    ended = true;
  });
  const options = { timeoutMs: LISTEN_TIMEOUT_MS, ...(signal ? { signal } : {}) };
  const seen = await waitFor(
    () => (listens(service.pid, port) ? 'listens' : ended ? 'ended' : undefined),
    options,
  );
  if (seen === 'listens') return;
  const what = seen ?? `does not listen on port ${port}`;
  throw failed('start-failed', `${service.name} ${what}: ${logTail(service.logFile)}`, {
    subject: service.name,
  });
}
