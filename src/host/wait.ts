import type { Clock } from './host.js';

export interface WaitOptions {
  readonly timeoutMs: number;
  /** Pause between two looks. */
  readonly intervalMs?: number;
  /** A look that takes long is followed by a pause of that many times its length. */
  readonly restTimes?: number;
  readonly signal?: AbortSignal;
  readonly clock: Clock;
}

const DEFAULT_INTERVAL_MS = 5;

/**
 * Looks again and again until `look` returns something other than undefined.
 *
 * @returns what `look` returned, or undefined when the time ran out (looked at least once)
 * @throws the signal's reason when aborted, and whatever `look` throws
 */
export async function waitFor<T>(
  look: () => Promise<T | undefined> | T | undefined,
  { clock, timeoutMs, intervalMs = DEFAULT_INTERVAL_MS, restTimes = 0, signal }: WaitOptions,
): Promise<T | undefined> {
  const deadline = clock.now() + timeoutMs;
  for (;;) {
    signal?.throwIfAborted();
    const fromMs = clock.now();
    const seen = await look();
    if (seen !== undefined) return seen;
    const nowMs = clock.now();
    if (nowMs >= deadline) return undefined;
    await clock.sleep(Math.max(intervalMs, restTimes * (nowMs - fromMs)));
  }
}
