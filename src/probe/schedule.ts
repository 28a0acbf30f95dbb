/**
 * Arrivals at a constant spacing, numbered from 0: arrival n is due at n / rate after the start,
 * whatever became of the earlier ones. Worker w of W sends those with n % W = w.
 */
export interface Schedule {
  readonly ratePerSecond: number;
  readonly forMs: number;
  readonly workers: number;
}

export function arrivals(schedule: Schedule): number {
  return Math.max(0, Math.ceil((schedule.forMs * schedule.ratePerSecond) / 1000 - 1e-9));
}

/** How many arrivals are due strictly before `elapsedMs`. */
export function arrivalsBefore(schedule: Schedule, elapsedMs: number): number {
  const due = arrivals({ ...schedule, forMs: Math.max(0, elapsedMs) });
  return Math.min(due, arrivals(schedule));
}

/** When arrival n is due, in ms after the start. */
export function intendedMs(schedule: Schedule, n: number): number {
  return (n * 1000) / schedule.ratePerSecond;
}

/** The arrival that the worker sends after `n`; its first is its own index. */
export function nextOf(schedule: Schedule, n: number): number {
  return n + schedule.workers;
}

/** Threads worth starting for a rate: half of the cores at most, as the proxy may share them. */
export function workersFor(ratePerSecond: number, cores: number): number {
  const wanted = Math.ceil(ratePerSecond / RATE_PER_WORKER);
  return Math.max(1, Math.min(wanted, Math.floor(cores / 2), MAX_WORKERS));
}

const RATE_PER_WORKER = 8000;
const MAX_WORKERS = 8;
