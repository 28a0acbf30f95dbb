import {
  build,
  decodeFromCompressedBase64,
  encodeIntoCompressedBase64,
  type Histogram,
} from 'hdr-histogram-js';

export type { Histogram };

export interface Percentiles {
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly p99_9: number;
  readonly max: number;
}

/** Values above are recorded as this one: ten minutes. */
const HIGHEST_US = 600_000_000;

/** Of fixed size (about 80 KB) however much is recorded: microseconds, to 3 significant digits. */
export function newHistogram(): Histogram {
  return build({
    bitBucketSize: 32,
    autoResize: false,
    lowestDiscernibleValue: 1,
    highestTrackableValue: HIGHEST_US,
    numberOfSignificantValueDigits: 3,
  });
}

export function recordMs(histogram: Histogram, ms: number): void {
  const us = Math.round(ms * 1000);
  histogram.recordValue(us <= 0 ? 0 : us >= HIGHEST_US ? HIGHEST_US : us);
}

export function percentiles(histogram: Histogram): Percentiles {
  const at = (percent: number) =>
    histogram.totalCount === 0 ? 0 : histogram.getValueAtPercentile(percent);
  return { p50: at(50), p90: at(90), p99: at(99), p99_9: at(99.9), max: at(100) };
}

/** Time to answer, by whether a reload command ran at some time while the request was under way. */
export interface PhaseHistograms<T> {
  readonly quiet: T;
  readonly reloading: T;
}

export interface PhaseLatency {
  readonly answered: number;
  readonly latencyUs: Percentiles;
  /** Points [share of requests, microseconds that they took at most], ever closer to 1; the last is the maximum. */
  readonly curve: readonly (readonly [share: number, us: number])[];
}

/** Points of the curve until half of the rest is left. */
const POINTS_PER_HALVING = 4;

export function phaseLatency(histogram: Histogram): PhaseLatency {
  const answered = histogram.totalCount;
  const curve: (readonly [number, number])[] = [];
  for (let k = 0; answered * 2 ** (-k / POINTS_PER_HALVING) > 1; k += 1) {
    const share = 1 - 2 ** (-k / POINTS_PER_HALVING);
    curve.push([share, histogram.getValueAtPercentile(share * 100)]);
  }
  if (answered > 0) curve.push([1 - 1 / answered, histogram.getValueAtPercentile(100)]);
  return { answered, latencyUs: percentiles(histogram), curve };
}

/** To send a histogram from a worker to the main thread. */
export function encodeHistogram(histogram: Histogram): string {
  return encodeIntoCompressedBase64(histogram);
}

export function mergeEncoded(into: Histogram, encoded: string): void {
  into.add(decodeFromCompressedBase64(encoded));
}
