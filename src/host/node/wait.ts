import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../host.js';
import { waitFor as waitOnClock, type WaitOptions } from '../wait.js';

/** As host/wait.ts, on this machine's own clock, which no change of the date disturbs. */
export async function waitFor<T>(
  look: () => Promise<T | undefined> | T | undefined,
  options: Omit<WaitOptions, 'clock'>,
): Promise<T | undefined> {
  return await waitOnClock(look, { ...options, clock: MONOTONIC });
}

const MONOTONIC: Clock = {
  now: () => performance.now(),
  sleep: async (ms) => {
    await sleep(ms);
  },
};
