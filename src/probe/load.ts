import { keptAttempts } from './attempts/kept.js';
import { type AttemptContext, type Attempts } from './attempts/context.js';
import { onceAttempts } from './attempts/once.js';
import { tunnelAttempts } from './attempts/tunnel.js';
import { CarriedTally } from './carried.js';
import { DeadlineList } from './deadline-list.js';
import { Ledger } from './ledger.js';
import type { FromWorker, WorkerConfig } from './messages.js';
import type { Kind } from './options.js';
import { arrivals, intendedMs, nextOf } from './schedule.js';
import { bucketMsFor } from './series.js';

/** Arrivals sent in a row before the answers that came meanwhile are looked at. */
const BURST = 32;
/** Arrivals that could not be sent by this long after the end of the schedule are not sent. */
const OVERTIME_MS = 500;
const LONGEST_NAP_MS = 10;
const FLUSH_EVERY_MS = 50;
const PROGRESS_EVERY_MS = 250;

/**
 * One worker's share of the load, from its first arrival until nothing is under way any more.
 *
 * @param nowMs ms since the start of the load; negative before it
 */
export class Load {
  readonly #config: WorkerConfig;
  readonly #post: (message: FromWorker) => void;
  readonly #ledger: Ledger;
  readonly #context: AttemptContext;
  readonly #attempts = new Map<Kind, Attempts>();
  readonly #carried: CarriedTally;
  readonly #total: number;
  #next: number;
  #giveUpMs = Number.POSITIVE_INFINITY;
  #endMs = Number.POSITIVE_INFINITY;
  #flushMs = 0;
  #progressMs = 0;

  constructor(config: WorkerConfig, nowMs: () => number, post: (message: FromWorker) => void) {
    this.#config = config;
    this.#post = post;
    this.#ledger = new Ledger(nowMs, config.timeoutMs, bucketMsFor(config.schedule.forMs));
    this.#carried = new CarriedTally((byMs) => this.#openSince(byMs));
    this.#context = {
      target: config.target,
      runId: config.runId,
      ledger: this.#ledger,
      lingering: new DeadlineList(),
      pacing: new DeadlineList(),
      get: config.get,
      post: config.post,
    };
    for (const kind of new Set(config.kinds)) this.#attempts.set(kind, this.#attemptsOf(kind));
    this.#total = arrivals(config.schedule);
    this.#next = config.index;
  }

  start(): void {
    setImmediate(this.#turn);
  }

  /** Sends nothing more; what is under way after `graceMs` is given up. */
  stop(graceMs: number): void {
    this.#next = this.#total;
    this.#giveUpMs = this.#ledger.nowMs() + graceMs;
  }

  /** What is due at that time of the load or later is not sent. */
  endAt(atMs: number): void {
    this.#endMs = atMs;
  }

  reloadStarted(atMs: number): void {
    this.#ledger.reloads.started();
    this.#carried.reloadStarted(atMs);
  }

  reloadEnded(atMs: number): void {
    this.#ledger.reloads.ended(atMs);
  }

  #openSince(byMs: number): number {
    let open = 0;
    for (const attempts of this.#attempts.values()) open += attempts.openSince?.(byMs) ?? 0;
    return open;
  }

  #attemptsOf(kind: Kind): Attempts {
    const { poolSize, index } = this.#config;
    if (kind === 'keep-alive') return keptAttempts(this.#context, poolSize);
    if (kind === 'long') return tunnelAttempts(this.#context, poolSize, `${index}-`);
    return onceAttempts(this.#context, kind);
  }

  // Runs in the check phase, right after the sockets were polled: a FIN that has come in is seen
  // before the next request is written to that connection.
  readonly #turn = (): void => {
    const nowMs = this.#ledger.nowMs();
    this.#ledger.active.expire(nowMs);
    this.#context.lingering.expire(nowMs);
    this.#context.pacing.expire(nowMs);
    this.#sendDue(nowMs);
    this.#flush(nowMs);
    if (this.#isOver(nowMs)) return this.#finish();
    this.#nap(nowMs);
  };

  #sendDue(nowMs: number): void {
    const { schedule, kinds, runId } = this.#config;
    if (nowMs > Math.min(schedule.forMs, this.#endMs) + OVERTIME_MS) this.#next = this.#total;
    for (let sent = 0; sent < BURST && this.#next < this.#total; sent += 1) {
      const n = this.#next;
      const dueMs = intendedMs(schedule, n);
      if (dueMs >= this.#endMs) {
        this.#next = this.#total;
        return;
      }
      if (dueMs > nowMs) return;
      this.#next = nextOf(schedule, n);
      this.#attempts.get(kinds[n % kinds.length] as Kind)?.start(`${runId}-${n}`, dueMs);
    }
  }

  #nap(nowMs: number): void {
    const dueMs = this.#next < this.#total ? intendedMs(this.#config.schedule, this.#next) : 1e15;
    if (dueMs <= nowMs) setImmediate(this.#turn);
    else setTimeout(this.#poll, Math.min(LONGEST_NAP_MS, Math.max(1, Math.floor(dueMs - nowMs))));
  }

  readonly #poll = (): void => {
    setImmediate(this.#turn);
  };

  #flush(nowMs: number): void {
    if (nowMs >= this.#flushMs) {
      this.#flushMs = nowMs + FLUSH_EVERY_MS;
      const losses = this.#ledger.takeLosses();
      if (losses.length > 0) this.#post({ kind: 'losses', losses });
    }
    if (nowMs >= this.#progressMs) {
      this.#progressMs = nowMs + PROGRESS_EVERY_MS;
      this.#post({ kind: 'progress', progress: this.#ledger.takeProgress() });
    }
  }

  #isOver(nowMs: number): boolean {
    if (this.#next < this.#total) return false;
    return this.#ledger.active.size === 0 || nowMs >= this.#giveUpMs;
  }

  #finish(): void {
    // Before anything is closed: what breaks from now on breaks by our own hand.
    this.#ledger.abandon();
    const carried = this.#carried.result();
    for (const attempts of this.#attempts.values()) attempts.close();
    this.#context.lingering.expireAll();
    const losses = this.#ledger.takeLosses();
    if (losses.length > 0) this.#post({ kind: 'losses', losses });
    this.#post({ kind: 'done', result: { ...this.#ledger.result(), carried } });
  }
}
