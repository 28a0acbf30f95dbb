import type { Clock } from './host.js';

export interface WaitOptions {
  readonly timeoutMs: number;
  /** Pause between two looks. */
  readonly intervalMs?: number;
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
  { clock, timeoutMs, intervalMs = DEFAULT_INTERVAL_MS, signal }: WaitOptions,
): Promise<T | undefined> {
  const deadline = clock.now() + timeoutMs;
  for (;;) {
    signal?.throwIfAborted();
    const seen = await look();
    if (seen !== undefined) return seen;
    if (clock.now() >= deadline) return undefined;
    await clock.sleep(intervalMs);
  }
}
