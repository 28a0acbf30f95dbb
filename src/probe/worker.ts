import { parentPort, workerData } from 'node:worker_threads';
import { monotonicMs } from './clock.js';
import { Load } from './load.js';
import type { FromWorker, ToWorker, WorkerConfig } from './messages.js';
import type { Reference } from './reference.js';
import { warmUp } from './warm-up.js';

/** Entry of a worker thread: builds its load from `workerData`, and starts it when told to. */
async function main(): Promise<void> {
  const port = parentPort;
  if (port === null) throw new Error('worker.js is started by the prober only');
  const config = revive(workerData as WorkerConfig);
  let startMs = Number.POSITIVE_INFINITY;
  // performance.now() is cheap but counts from this thread's own birth.
  const offsetMs = monotonicMs() - performance.now();
  const post = (message: FromWorker): void => {
    port.postMessage(message);
    if (message.kind === 'done') port.close();
  };
  const load = new Load(config, () => performance.now() + offsetMs - startMs, post);
  port.on('message', (message: ToWorker) => {
    if (message.kind === 'stop') return load.stop(message.graceMs);
    if (message.kind === 'end') return load.endAt(message.atMs);
    if (message.kind === 'reload') {
      if (message.state === 'start') load.reloadStarted(message.atMs);
      else load.reloadEnded(message.atMs);
      return;
    }
    startMs = message.monotonicMs;
    load.start();
  });
  await warmUp(config);
  post({ kind: 'ready' });
}

/** A Buffer arrives in another thread as a plain Uint8Array. */
function revive(config: WorkerConfig): WorkerConfig {
  return { ...config, get: reviveReference(config.get), post: reviveReference(config.post) };
}

function reviveReference(reference: Reference): Reference {
  const answers = reference.answers.map(({ status, body }) => {
    return { status, body: Buffer.from(body.buffer, body.byteOffset, body.byteLength) };
  });
  return { ...reference, answers };
}

await main();
