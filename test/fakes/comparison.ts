import type { Comparison, MeasuredRow, Row } from '../../src/report/model.js';
import { losses, report, trial } from './trials.js';
import { rowOf } from '../../src/report/rows.js';

export const CONTROL_ROW = rowFrom('haproxy -sf', true, {
  verdict: 'lossy',
  lost: losses({ reset: 4 }),
});
export const QUIESCE_ROW = rowFrom('quiesce', false, {
  carried: { open: 100, kept: 98 },
  kernel: { self: {}, 7: { TCPSynRetrans: 3, OutRsts: 9 } },
});

export const UNMEASURED_ROW: Row = {
  kind: 'not-measured',
  way: 'flip <b>',
  control: false,
  connections: 'new',
  stalled: false,
  why: 'no nft & no luck',
};

function rowFrom(
  way: 'haproxy -sf' | 'quiesce',
  control: boolean,
  changes: Parameters<typeof report>[0],
): MeasuredRow {
  const measured = trial(way, changes);
  const outcome = { kind: 'measured', spec: measured.spec, trial: measured } as const;
  return rowOf(outcome, { control, refused: undefined }) as MeasuredRow;
}

/** A control that lost and a method that did not. */
export function comparison(changes: Partial<Comparison> = {}): Comparison {
  return {
    schemaVersion: 1,
    verdict: 'lossless',
    why: [],
    sent: 5000,
    lost: 0,
    lossRateUpperBound95: 3 / 5000,
    reloads: 3,
    facts: {
      hitless: '1.2.3',
      kernel: 'Linux 6.1 x64',
      haproxy: '2.6.12',
      node: 'v20.19.0',
      cores: 2,
      cpu: 'Some CPU',
      command: 'hitless compare --rate 1000',
      startedAt: '2026-01-02T03:04:05.000Z',
    },
    load: { ratePerSecond: 1000, forMs: 5000, everyMs: 500, ipv6: false },
    rows: [CONTROL_ROW, QUIESCE_ROW],
    ...changes,
  };
}
