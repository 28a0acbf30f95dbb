import type { Carried } from '../probe/carried.js';
import type { PhaseHistograms, PhaseLatency } from '../probe/histogram.js';
import type { LossCounts } from '../probe/loss.js';
import type { KernelCounters } from '../probe/netstat.js';
import type { Connections } from '../probe/options.js';
import type { SeriesReport } from '../probe/series.js';
import type { Doubt, Verdict } from '../probe/verdict.js';

export const COMPARISON_SCHEMA_VERSION = 1;

/** What `compare --json` prints, and what all of its other formats are made of. */
export interface Comparison {
  readonly schemaVersion: typeof COMPARISON_SCHEMA_VERSION;
  readonly verdict: Verdict;
  /** What makes it inconclusive. */
  readonly why: readonly string[];
  /** Over all runs of hitless that count: not the controls, and not what hitless refuses. */
  readonly sent: number;
  readonly lost: number;
  readonly lossRateUpperBound95: number;
  readonly reloads: number;
  readonly facts: RunFacts;
  readonly load: LoadFacts;
  readonly rows: readonly Row[];
}

export interface RunFacts {
  readonly hitless: string;
  readonly kernel: string;
  readonly haproxy: string;
  readonly node: string;
  readonly cores: number;
  readonly cpu: string;
  readonly command: string;
  /** ISO 8601. */
  readonly startedAt: string;
}

export interface LoadFacts {
  readonly ratePerSecond: number;
  readonly forMs: number;
  readonly everyMs: number;
  readonly ipv6: boolean;
}

export interface RowName {
  readonly way: string;
  /** Known to lose: people have always done it like this. */
  readonly control: boolean;
  readonly connections: Connections;
  readonly stalled: boolean;
}

export interface MeasuredRow extends RowName {
  readonly kind: 'measured';
  /** Why hitless refuses this without `--allow-loss`; null when it does not. */
  readonly refused: string | null;
  readonly verdict: Verdict;
  readonly doubts: readonly Doubt[];
  readonly sent: number;
  readonly answered: number;
  readonly lost: LossCounts;
  readonly late: number;
  readonly lossRateUpperBound95: number;
  readonly latency: PhaseHistograms<PhaseLatency>;
  readonly reloads: readonly RowReload[];
  readonly failedReloads: number;
  /** What the first one that failed said. */
  readonly failure: string | null;
  /** From the start of the command to its end; null without a reload. */
  readonly handOverMsMedian: number | null;
  readonly processesMax: number;
  readonly cpuMs: { readonly proxy: number; readonly hitless: number };
  /** null where no connection is to last. */
  readonly carried: Carried | null;
  /** Differences on the node that serves. */
  readonly kernel: KernelCounters;
  readonly series: SeriesReport;
}

/** In ms after the start of the load. */
export interface RowReload {
  readonly startMs: number;
  readonly endMs: number;
  readonly ok: boolean;
  /** From its start until the next one's. */
  readonly lost: number;
}

/** `not-measured`: it cannot be here. `failed`: it should have been. */
export interface UnmeasuredRow extends RowName {
  readonly kind: 'not-measured' | 'failed';
  readonly why: string;
}

export type Row = MeasuredRow | UnmeasuredRow;

export function isMeasured(row: Row): row is MeasuredRow {
  return row.kind === 'measured';
}

/** In a table of one kind of connections. */
export function rowLabel({ way, stalled }: RowName): string {
  return `${way}${stalled ? ', stalled' : ''}`;
}

/** The rows of each kind of connections, in their order. */
export function byConnections(
  rows: readonly Row[],
): readonly (readonly [connections: Connections, rows: readonly Row[]])[] {
  const kinds = [...new Set(rows.map(({ connections }) => connections))];
  return kinds.map((kind) => [kind, rows.filter(({ connections }) => connections === kind)]);
}
