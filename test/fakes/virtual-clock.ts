import type { Clock } from '../../src/host/host.js';

interface Task {
  readonly atMs: number;
  readonly run: () => void;
}

/** Time that passes only when somebody sleeps; what was scheduled happens on the way. */
export class VirtualClock {
  #nowMs: number;
  #tasks: Task[] = [];
  /** Called after each scheduled task. */
  onTask: () => void = () => undefined;

  constructor(startMs: number) {
    this.#nowMs = startMs;
  }

  get nowMs(): number {
    return this.#nowMs;
  }

  after(delayMs: number, run: () => void): void {
    this.#tasks.push({ atMs: this.#nowMs + delayMs, run });
  }

  advance(ms: number): void {
    const endMs = this.#nowMs + ms;
    for (let next = this.#takeDue(endMs); next !== undefined; next = this.#takeDue(endMs)) {
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      next.run();
      this.onTask();
    }
    this.#nowMs = endMs;
  }

  #takeDue(untilMs: number): Task | undefined {
    const due = this.#tasks.filter(({ atMs }) => atMs <= untilMs);
    const [first] = due.sort((a, b) => a.atMs - b.atMs);
    this.#tasks = this.#tasks.filter((task) => task !== first);
    return first;
  }

  asClock(): Clock {
    return {
      now: () => this.#nowMs,
      sleep: async (ms) => {
        this.advance(ms);
      },
    };
  }
}
