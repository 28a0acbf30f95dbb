import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compareText } from '../../src/cli/compare-text.js';
import type { Comparison, Row } from '../../src/report/model.js';
import { comparison, CONTROL_ROW, QUIESCE_ROW, UNMEASURED_ROW } from '../fakes/comparison.js';
import { losses } from '../fakes/trials.js';

test('each run has a row of losses and a row of times, in reloads and in quiet', () => {
  const text = compareText(comparison(), false);
  assert.match(text, /^new connections, 1,000\/s for 5 s, a reload every 0\.5 s$/m);
  assert.match(text, /^quiesce +5000 +0 +0 % +2 +60 ms +98 % +0\.9\+0\.4$/m);
  assert.match(text, /^quiesce +0\.9 +12 +20 +31 +0\.9 +12 +20 +31$/m);
});

test('what was lost and what the kernel counted is told under the tables', () => {
  const text = compareText(comparison(), false);
  assert.match(text, /lost by cause\n {2}haproxy -sf, new: 4 reset\n/);
  assert.match(text, /kernel counters\n {2}quiesce, new: TCPSynRetrans \+3\n/);
});

test('a way that was not measured has a row, and its reason below', () => {
  const text = compareText(comparison({ rows: [CONTROL_ROW, UNMEASURED_ROW] }), false);
  assert.match(text, /^flip <b> +not measured, see below$/m);
  assert.match(text, /not measured\n {2}flip <b>, new: no nft & no luck\n/);
});

test('where nothing could be measured there are only reasons', () => {
  const text = compareText(comparison({ rows: [UNMEASURED_ROW] }), false);
  assert.match(text, /^flip <b> +not measured, see below$/m);
  assert.doesNotMatch(text, /p99/);
});

test('what hitless refuses unless forced is marked, with the reason', () => {
  const row: Row = { ...QUIESCE_ROW, refused: 'it cuts kept connections' };
  const text = compareText(comparison({ rows: [CONTROL_ROW, row] }), false);
  assert.match(text, /^\*quiesce /m);
  assert.match(text, /refused by hitless.*\n {2}quiesce, new: it cuts kept connections\n/);
});

test('the verdict stands last with its reasons', () => {
  const doubtful: Partial<Comparison> = {
    verdict: 'inconclusive',
    why: ['quiesce: prober-lagged'],
  };
  const text = compareText(comparison(doubtful), false);
  assert.match(
    text,
    /\ninconclusive: hitless lost 0 of 5,000 requests over 3 reloads: at most 0\.06 %\nat 95 %\n {2}quiesce: prober-lagged\n$/,
  );
});

test('a name that is too long has a line of its own, and is never cut', () => {
  const row: Row = { ...QUIESCE_ROW, way: 'flip, old stopped at once', stalled: true };
  const text = compareText(comparison({ rows: [CONTROL_ROW, row] }), false);
  assert.match(text, /^flip, old stopped at once, stalled\n +5000 +0 +0 % /m);
});

test('no line is wider than 80 columns', () => {
  const lost = losses({ reset: 99_999, refused: 88_888, 'closed-unanswered': 77_777, timeout: 6 });
  const wide: Row = {
    ...CONTROL_ROW,
    way: 'a way with a name that is long',
    connections: 'keep-alive',
    stalled: true,
    sent: 9_999_999,
    lost,
    failedReloads: 3,
    failure: 'words '.repeat(40),
    handOverMsMedian: 12_345,
    cpuMs: { proxy: 123_400, hitless: 99_900 },
    latency: { quiet: SLOW, reloading: SLOW },
    lossRateUpperBound95: 0.0123,
  };
  const text = compareText(comparison({ rows: [wide, CONTROL_ROW] }), false);
  assert.deepEqual(
    text.split('\n').filter((line) => line.length > 80),
    [],
  );
});

const SLOW = {
  answered: 9,
  latencyUs: { p50: 9_999_000, p90: 1, p99: 9_999_000, p99_9: 9_999_000, max: 9_999_000 },
  curve: [],
};
