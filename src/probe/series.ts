/** One stretch of a run as a worker counts it. */
export interface SeriesBucket {
  answered: number;
  lost: number;
  maxUs: number;
  /** How many answers took how long, see `slotOf`; absent when there was none. */
  slots: Uint32Array | undefined;
}

/** What happened when, in equal stretches from the start of the load; columns of equal length. */
export interface SeriesReport {
  readonly bucketMs: number;
  /** By the time at which the request was to be sent. */
  readonly answered: readonly number[];
  /** By the time at which it was lost; for time-outs, at which it was to be sent. */
  readonly lost: readonly number[];
  /** Within 5 %. null where nothing was answered. */
  readonly p50Us: readonly (number | null)[];
  readonly p99Us: readonly (number | null)[];
  readonly maxUs: readonly (number | null)[];
}

const SHORTEST_BUCKET_MS = 100;
/** A longer run has longer buckets, so that its series needs no more memory. */
const BUCKETS_WANTED = 1000;
/** Room for what is lost after the last arrival; what comes later still is entered in the last. */
const BUCKETS_MAX = 1200;
const SLOTS_PER_OCTAVE = 16;
/** Up to 16 seconds; what takes longer is entered in the last, its exact time in `maxUs`. */
const SLOTS = 24 * SLOTS_PER_OCTAVE;

export function bucketMsFor(forMs: number): number {
  const steps = Math.ceil(forMs / BUCKETS_WANTED / SHORTEST_BUCKET_MS);
  return SHORTEST_BUCKET_MS * Math.max(1, steps);
}

/** Counts answers and losses over time in bounded memory: at most about 2 MB. */
export class Series {
  readonly #bucketMs: number;
  readonly #buckets: SeriesBucket[] = [];

  constructor(bucketMs: number) {
    this.#bucketMs = bucketMs;
  }

  answer(intendedMs: number, latencyMs: number): void {
    const bucket = this.#at(intendedMs);
    const us = Math.max(0, Math.round(latencyMs * 1000));
    bucket.answered += 1;
    bucket.maxUs = Math.max(bucket.maxUs, us);
    bucket.slots ??= new Uint32Array(SLOTS);
    const slot = slotOf(us);
    bucket.slots[slot] = (bucket.slots[slot] ?? 0) + 1;
  }

  lose(atMs: number): void {
    this.#at(atMs).lost += 1;
  }

  /** To send it from a worker to the main thread. */
  get buckets(): readonly SeriesBucket[] {
    return this.#buckets;
  }

  add(buckets: readonly SeriesBucket[]): void {
    for (const [index, bucket] of buckets.entries()) {
      const into = this.#at(index * this.#bucketMs);
      into.answered += bucket.answered;
      into.lost += bucket.lost;
      into.maxUs = Math.max(into.maxUs, bucket.maxUs);
      if (bucket.slots === undefined) continue;
      into.slots ??= new Uint32Array(SLOTS);
      for (const [slot, count] of bucket.slots.entries()) {
        into.slots[slot] = (into.slots[slot] ?? 0) + count;
      }
    }
  }

  report(): SeriesReport {
    const all = this.#buckets;
    return {
      bucketMs: this.#bucketMs,
      answered: all.map(({ answered }) => answered),
      lost: all.map(({ lost }) => lost),
      p50Us: all.map((bucket) => percentileUs(bucket, 0.5)),
      p99Us: all.map((bucket) => percentileUs(bucket, 0.99)),
      maxUs: all.map((bucket) => (bucket.answered === 0 ? null : bucket.maxUs)),
    };
  }

  #at(ms: number): SeriesBucket {
    const index = Math.min(BUCKETS_MAX - 1, Math.max(0, Math.floor(ms / this.#bucketMs)));
    while (this.#buckets.length <= index) {
      this.#buckets.push({ answered: 0, lost: 0, maxUs: 0, slots: undefined });
    }
    return this.#buckets[index] as SeriesBucket;
  }
}

function slotOf(us: number): number {
  return us <= 1 ? 0 : Math.min(SLOTS - 1, Math.floor(Math.log2(us) * SLOTS_PER_OCTAVE));
}

/** The middle of the slot that the percentile falls into, never above the maximum. */
function percentileUs({ answered, slots, maxUs }: SeriesBucket, share: number): number | null {
  if (slots === undefined) return null;
  const wanted = Math.ceil(answered * share);
  let seen = 0;
  for (const [slot, count] of slots.entries()) {
    seen += count;
    if (seen < wanted) continue;
    if (slot === SLOTS - 1) return maxUs;
    return Math.min(maxUs, Math.round(2 ** ((slot + 0.5) / SLOTS_PER_OCTAVE)));
  }
  return maxUs;
}
