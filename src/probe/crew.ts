import { entryPoint } from '../entry-points.js';
import { Worker } from 'node:worker_threads';
import { failed } from '../error.js';
import type {
  FromWorker,
  ToWorker,
  WorkerConfig,
  WorkerProgress,
  WorkerResult,
} from './messages.js';
import type { ObservedLoss } from './loss.js';

const ENTRY = entryPoint('probe/worker.js');
const READY_TIMEOUT_MS = 20_000;

/** The worker threads of one run. */
export interface Crew {
  /** The counts of all workers; `recentMaxUs` since the last call. */
  readonly progress: () => WorkerProgress;
  readonly send: (message: ToWorker) => void;
  /** @throws HitlessError `probe-failed` when one is not done within `timeoutMs`, or died */
  readonly results: (timeoutMs: number) => Promise<readonly WorkerResult[]>;
  readonly dismiss: () => Promise<void>;
}

/** Starts the workers and returns when all are ready to send. */
export async function hireCrew(
  configs: readonly WorkerConfig[],
  onLosses: (losses: readonly ObservedLoss[]) => void,
): Promise<Crew> {
  const members = configs.map((config) => new Member(config, onLosses));
  const dismiss = async () => void (await Promise.all(members.map((m) => m.worker.terminate())));
  try {
    await within(READY_TIMEOUT_MS, 'start', Promise.all(members.map((member) => member.ready)));
  } catch (error) {
    await dismiss();
    throw error;
  }
  return {
    dismiss,
    progress: () => sumProgress(members),
    send: (message) => {
      for (const member of members) member.worker.postMessage(message);
    },
    results: (timeoutMs) =>
      within(timeoutMs, 'end', Promise.all(members.map((member) => member.done))),
  };
}

class Member {
  readonly worker: Worker;
  readonly ready: Promise<void>;
  readonly done: Promise<WorkerResult>;
  last: WorkerProgress = { sent: 0, answered: 0, lost: 0, late: 0, inFlight: 0, recentMaxUs: 0 };

  constructor(config: WorkerConfig, onLosses: (losses: readonly ObservedLoss[]) => void) {
    this.worker = new Worker(ENTRY, { workerData: config });
    const ready = withResolvers<void>();
    const done = withResolvers<WorkerResult>();
    this.ready = ready.promise;
    this.done = done.promise;
    // Both are awaited later; a failure before that is not to end the process.
    this.ready.catch(() => undefined);
    this.done.catch(() => undefined);
    this.worker.on('message', (message: FromWorker) => {
      if (message.kind === 'ready') ready.resolve();
      else if (message.kind === 'losses') onLosses(message.losses);
      else if (message.kind === 'progress') this.#see(message.progress);
      else done.resolve(message.result);
    });
    this.worker.once('error', (cause: Error) => {
      const error = failed('probe-failed', `a worker thread failed: ${cause.message}`, { cause });
      ready.reject(error);
      done.reject(error);
    });
  }

  #see(progress: WorkerProgress): void {
    const recentMaxUs = Math.max(this.last.recentMaxUs, progress.recentMaxUs);
    this.last = { ...progress, recentMaxUs };
  }
}

function sumProgress(members: readonly Member[]): WorkerProgress {
  const sum = { sent: 0, answered: 0, lost: 0, late: 0, inFlight: 0, recentMaxUs: 0 };
  for (const member of members) {
    const { last } = member;
    sum.sent += last.sent;
    sum.answered += last.answered;
    sum.lost += last.lost;
    sum.late += last.late;
    sum.inFlight += last.inFlight;
    sum.recentMaxUs = Math.max(sum.recentMaxUs, last.recentMaxUs);
    member.last = { ...last, recentMaxUs: 0 };
  }
  return sum;
}

interface Resolvers<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (error: unknown) => void;
}

// Promise.withResolvers came with Node 22.
function withResolvers<T>(): Resolvers<T> {
  let resolve: (value: T) => void = () => undefined;
  let reject: (error: unknown) => void = () => undefined;
  const promise = new Promise<T>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}

async function within<T>(timeoutMs: number, what: string, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(failed('probe-failed', `a worker thread did not ${what} within ${timeoutMs} ms`));
    }, timeoutMs);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
