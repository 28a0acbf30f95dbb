import { DeadlineList, type Due } from './deadline-list.js';
import type { Verdict } from './exchange.js';
import {
  encodeHistogram,
  type Histogram,
  newHistogram,
  type PhaseHistograms,
  recordMs,
} from './histogram.js';
import type { ObservedLoss } from './loss.js';
import type { KindResult, WorkerProgress, WorkerResult } from './messages.js';
import type { Kind } from './options.js';
import { type Cause, LATE_CONNECT_MS } from './outcome.js';
import { ReloadWatch } from './reload-watch.js';
import { Series } from './series.js';

/** Who carries a request and must give it up when its time is over. */
export interface Carrier {
  /** The request, already entered as lost, waits for nothing more. */
  timedOut(request: Request): void;
  /** Whether its connection was made by then. */
  readonly isConnected: boolean;
}

/** One request from its intended time until it is answered or lost. */
export class Request implements Due {
  links: Due['links'];
  carrier: Carrier | undefined;
  settled = false;
  /** How long its connection took to be made; 0 on one that was there. */
  connectMs = 0;
  readonly id: string;
  readonly kind: Kind;
  readonly intendedMs: number;
  readonly deadlineMs: number;
  readonly #ledger: Ledger;

  constructor(ledger: Ledger, id: string, kind: Kind, intendedMs: number, deadlineMs: number) {
    this.#ledger = ledger;
    this.id = id;
    this.kind = kind;
    this.intendedMs = intendedMs;
    this.deadlineMs = deadlineMs;
  }

  expire(): void {
    const waiting = this.carrier === undefined;
    const cause = waiting || this.carrier?.isConnected ? 'timeout' : 'connect-timeout';
    this.#ledger.settle(this, cause, waiting ? 'no connection of the pool was free' : '');
    this.carrier?.timedOut(this);
  }
}

interface KindCount {
  sent: number;
  answered: number;
  lost: number;
  late: number;
  readonly latency: PhaseHistograms<Histogram>;
}

/** Enters every request of a worker once as sent and once as answered, lost or not settled. */
export class Ledger {
  /** Requests under way, by their deadline. */
  readonly active = new DeadlineList();
  readonly reloads = new ReloadWatch();
  reopened = 0;
  #tunnels = 0;
  #clientErrors = 0;
  #unsettled = 0;
  #recentMaxMs = 0;
  #losses: ObservedLoss[] = [];
  readonly #kinds = new Map<Kind, KindCount>();
  readonly #lag = newHistogram();
  readonly #timeoutMs: number;
  readonly #series: Series;
  readonly nowMs: () => number;

  /** @param nowMs ms since the start of the load */
  constructor(nowMs: () => number, timeoutMs: number, bucketMs: number) {
    this.nowMs = nowMs;
    this.#timeoutMs = timeoutMs;
    this.#series = new Series(bucketMs);
  }

  /** A request that is due goes out (or into a queue of the pool) now. */
  send(id: string, kind: Kind, intendedMs: number): Request {
    recordMs(this.#lag, this.nowMs() - intendedMs);
    const request = new Request(this, id, kind, intendedMs, intendedMs + this.#timeoutMs);
    this.#of(kind).sent += 1;
    this.active.add(request);
    return request;
  }

  /** A connection that counts for itself: it is to live until the end of the run. */
  openTunnel(id: string): Request {
    this.#tunnels += 1;
    this.#of('long').sent += 1;
    return new Request(this, id, 'long', this.nowMs(), Number.POSITIVE_INFINITY);
  }

  closeTunnel(tunnel: Request): void {
    tunnel.settled = true;
    this.#of('long').answered += 1;
  }

  settle(request: Request, verdict: Exclude<Verdict, 'more'>, detail: string): void {
    if (request.settled) return;
    request.settled = true;
    this.active.remove(request);
    if (verdict === 'answered') this.#answer(request);
    else this.#fail(request, verdict, detail);
  }

  /** An answer that was entered as right turns out to be followed by bytes that nobody asked for. */
  revoke(request: Request, detail: string): void {
    this.#of(request.kind).answered -= 1;
    this.#fail(request, 'protocol', detail);
  }

  /** Gives up all that is under way. */
  abandon(): void {
    this.#unsettled += this.active.size;
  }

  takeLosses(): readonly ObservedLoss[] {
    const losses = this.#losses;
    if (losses.length > 0) this.#losses = [];
    return losses;
  }

  takeProgress(): WorkerProgress {
    const sum = { sent: 0, answered: 0, lost: 0, late: 0 };
    for (const count of this.#kinds.values()) {
      sum.sent += count.sent;
      sum.answered += count.answered;
      sum.lost += count.lost;
      sum.late += count.late;
    }
    const recentMaxUs = Math.round(this.#recentMaxMs * 1000);
    this.#recentMaxMs = 0;
    return { ...sum, inFlight: this.active.size, recentMaxUs };
  }

  result(): Omit<WorkerResult, 'carried'> {
    const kinds = [...this.#kinds].map(([kind, { latency, ...counts }]) => {
      const encoded = {
        quiet: encodeHistogram(latency.quiet),
        reloading: encodeHistogram(latency.reloading),
      };
      return [kind, { ...counts, latency: encoded } satisfies KindResult] as const;
    });
    return {
      kinds: Object.fromEntries(kinds),
      tunnels: this.#tunnels,
      clientErrors: this.#clientErrors,
      unsettled: this.#unsettled,
      reopened: this.reopened,
      lag: encodeHistogram(this.#lag),
      series: this.#series.buckets,
    };
  }

  #answer(request: Request): void {
    const latencyMs = this.nowMs() - request.intendedMs;
    const count = this.#of(request.kind);
    count.answered += 1;
    if (request.connectMs >= LATE_CONNECT_MS) count.late += 1;
    if (latencyMs > this.#recentMaxMs) this.#recentMaxMs = latencyMs;
    const phase = this.reloads.ranSince(request.intendedMs) ? 'reloading' : 'quiet';
    recordMs(count.latency[phase], latencyMs);
    this.#series.answer(request.intendedMs, latencyMs);
  }

  #fail(request: Request, cause: Cause, detail: string): void {
    if (cause === 'client-error') {
      this.#clientErrors += 1;
      return;
    }
    this.#of(request.kind).lost += 1;
    const timedOut = cause === 'timeout' || cause === 'connect-timeout';
    const atMs = timedOut ? request.intendedMs : this.nowMs();
    this.#series.lose(atMs);
    this.#losses.push({ cause, kind: request.kind, id: request.id, atMs, detail });
  }

  #of(kind: Kind): KindCount {
    let count = this.#kinds.get(kind);
    if (count === undefined) {
      const latency = { quiet: newHistogram(), reloading: newHistogram() };
      count = { sent: 0, answered: 0, lost: 0, late: 0, latency };
      this.#kinds.set(kind, count);
    }
    return count;
  }
}
