import { setTimeout as sleep } from 'node:timers/promises';

export interface WaitOptions {
  readonly timeoutMs: number;
  /** Pause between two looks. */
  readonly intervalMs?: number;
  readonly signal?: AbortSignal;
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
  options: WaitOptions,
): Promise<T | undefined> {
  const deadline = performance.now() + options.timeoutMs;
  for (;;) {
    options.signal?.throwIfAborted();
    const seen = await look();
    if (seen !== undefined) return seen;
    if (performance.now() >= deadline) return undefined;
    await sleep(
      options.intervalMs ?? DEFAULT_INTERVAL_MS,
      undefined,
      options.signal ? { signal: options.signal } : {},
    );
  }
}
