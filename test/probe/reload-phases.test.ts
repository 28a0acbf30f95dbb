import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CarriedTally } from '../../src/probe/carried.js';
import { newHistogram, phaseLatency, recordMs } from '../../src/probe/histogram.js';
import { ReloadWatch } from '../../src/probe/reload-watch.js';

test('a request that was under way while a reload ran is told from one that was not', () => {
  const watch = new ReloadWatch();
  assert.equal(watch.ranSince(0), false);
  watch.started();
  assert.equal(watch.ranSince(1e9), true);
  watch.ended(500);
  assert.equal(watch.ranSince(499), true);
  assert.equal(watch.ranSince(501), false);
});

test('of two reloads that overlap, the first to end leaves the other going on', () => {
  const watch = new ReloadWatch();
  watch.started();
  watch.started();
  watch.ended(100);
  assert.equal(watch.ranSince(200), true);
  watch.ended(300);
  assert.equal(watch.ranSince(301), false);
});

test('a connection counts as carried when it is still open at the next reload, or at the end', () => {
  const openedMs = new Set([0, 1, 2]);
  const tally = new CarriedTally((byMs) => [...openedMs].filter((ms) => ms <= byMs).length);
  tally.reloadStarted(10);
  openedMs.delete(0);
  openedMs.add(15);
  tally.reloadStarted(20);
  openedMs.delete(15);
  assert.deepEqual(tally.result(), { open: 6, kept: 4 });
});

test('without a reload nothing was carried', () => {
  assert.deepEqual(new CarriedTally(() => 5).result(), { open: 0, kept: 0 });
});

test('the curve rises, comes ever closer to all requests, and ends at the slowest', () => {
  const histogram = newHistogram();
  for (let n = 1; n <= 10_000; n += 1) recordMs(histogram, n / 100);
  const { curve, answered, latencyUs } = phaseLatency(histogram);
  assert.equal(answered, 10_000);
  for (const [at, [share, us]] of curve.entries()) {
    const [shareBefore, usBefore] = curve[at - 1] ?? [-1, 0];
    assert.ok(share > shareBefore && us >= usBefore, `point ${at}`);
    assert.ok(Math.abs(us - Math.max(10, share * 100_000)) < 200, `${share}: ${us}`);
  }
  assert.equal(curve.at(-1)?.[1], latencyUs.max);
  assert.ok(curve.length < 70);
});

test('where nothing was answered there is no curve', () => {
  assert.deepEqual(phaseLatency(newHistogram()).curve, []);
});
