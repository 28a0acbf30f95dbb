/** Tells a worker which requests were under way while a reload command ran. */
export class ReloadWatch {
  #running = 0;
  #lastEndMs = Number.NEGATIVE_INFINITY;

  started(): void {
    this.#running += 1;
  }

  ended(atMs: number): void {
    this.#running = Math.max(0, this.#running - 1);
    this.#lastEndMs = Math.max(this.#lastEndMs, atMs);
  }

  /** Whether a reload has been going on at any time from that instant until now. */
  ranSince(ms: number): boolean {
    return this.#running > 0 || ms <= this.#lastEndMs;
  }
}
