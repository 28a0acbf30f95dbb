import type { Clock } from './host.js';
import { setTimeout as sleep } from 'node:timers/promises';

export interface WaitOptions {
  readonly timeoutMs: number;
  /** Pause between two looks. */
  readonly intervalMs?: number;
  readonly signal?: AbortSignal;
  /** The machine's own clock when absent. */
  readonly clock?: Clock;
}

const DEFAULT_INTERVAL_MS = 5;
const MACHINE_CLOCK: Clock = {
  now: () => performance.now(),
  sleep: async (ms) => {
    await sleep(ms);
  },
};

/**
 * Looks again and again until `look` returns something other than undefined.
 *
 * @returns what `look` returned, or undefined when the time ran out (looked at least once)
 * @throws the signal's reason when aborted, and whatever `look` throws
 */
export async function waitFor<T>(
  look: () => Promise<T | undefined> | T | undefined,
  options: WaitOptions,
): Promise<T | undefined> {
  const clock = options.clock ?? MACHINE_CLOCK;
  const deadline = clock.now() + options.timeoutMs;
  for (;;) {
    options.signal?.throwIfAborted();
    const seen = await look();
    if (seen !== undefined) return seen;
    if (clock.now() >= deadline) return undefined;
    await clock.sleep(options.intervalMs ?? DEFAULT_INTERVAL_MS);
  }
}
